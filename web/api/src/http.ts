import { ApiProblem, problemOf } from "./problem";

export interface ApiOptions {
  /** Where the server is; the own origin by default. */
  base?: string;
  fetch?: typeof fetch;
  /** The session is over. */
  onSignedOut?: () => void;
  /** Asks the person for a second factor. Resolves when it was shown, so that the request is sent again; rejects when the person declined. */
  onStepUp?: () => Promise<void>;
  /** Whether somebody is there. What is asked while nobody is, is no use of the session. */
  attended?: () => boolean;
}

export type Query = Record<string, string | number | undefined>;

export interface Http {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T>;
  upload<T>(path: string, body: Blob, type: string): Promise<T>;
  download(path: string, query?: Query): Promise<Blob>;
}

/** An address with its parts escaped: `at`/api/v1/staff/${id}``. */
export function at(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((path, part, index) => path + part + (index < values.length ? encodeURIComponent(values[index]!) : ""), "");
}

/** Sends, reads problems, and asks once for a second factor where the server wants one. */
export function http(options: ApiOptions): Http {
  const base = options.base ?? "";
  const once = async (path: string, init: RequestInit): Promise<Response> => {
    const send = options.fetch ?? globalThis.fetch;
    const alone = options.attended?.() === false;
    const headers = alone ? { ...init.headers, "wardesk-background": "1" } : init.headers;
    const response = await send(base + path, { credentials: "same-origin", ...init, ...(headers ? { headers } : {}) }).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause;
      throw new ApiProblem({ code: "offline" });
    });
    if (response.ok) return response;
    throw await problemOf(response);
  };
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await once(path, init);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.code === "unauthenticated") options.onSignedOut?.();
      if (error.code !== "step-up-required" || !options.onStepUp) throw error;
      await options.onStepUp();
      return once(path, init);
    }
  };
  return {
    async get<T>(path: string, query?: Query, signal?: AbortSignal) {
      return json<T>(await request(path + text(query), { headers: { accept: "application/json" }, ...(signal ? { signal } : {}) }));
    },
    async send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown) {
      const headers = { "content-type": "application/json", accept: "application/json" };
      return json<T>(await request(path, { method, headers, ...(method === "DELETE" ? {} : { body: JSON.stringify(body ?? {}) }) }));
    },
    async upload<T>(path: string, body: Blob, type: string) {
      return json<T>(await request(path, { method: "POST", headers: { "content-type": type, accept: "application/json" }, body }));
    },
    async download(path: string, query?: Query) {
      return (await request(path + text(query), {})).blob();
    },
  };
}

function text(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== "") parameters.set(name, String(value));
  return parameters.size === 0 ? "" : `?${parameters}`;
}

async function json<T>(response: Response): Promise<T> {
  const body = await response.text();
  return (body === "" ? undefined : JSON.parse(body)) as T;
}
