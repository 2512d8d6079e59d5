/** Asking the server: JSON in and out, problems as MessengerError. */
import { MessengerError } from "./messenger";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** The engine's own code for "no answer came": worth another try. */
export const OFFLINE = "offline";

const TIMEOUT_MS = 20_000;
const RETRYABLE = new Set([OFFLINE, "rate-limited", "overloaded", "storage-full", "internal"]);

export function worthRetrying(error: unknown): boolean {
  return error instanceof MessengerError && RETRYABLE.has(error.code);
}

export class Api {
  private token: string | null = null;
  private device: string | null = null;
  private stopped = false;
  /** The session ended without a word over the socket. */
  onUnauthenticated: (() => void) | null = null;

  constructor(
    private readonly base: string,
    private readonly fetch: Fetch,
  ) {}

  setToken(token: string | null): void {
    this.token = token;
  }

  /** Welcomes are handed to the device they are for: the server is told which one asks. */
  setDevice(device: string | null): void {
    this.device = device;
  }

  /** From now on nobody is asked anything. */
  stop(): void {
    this.stopped = true;
  }

  get<T>(path: string): Promise<T> {
    return this.ask<T>("GET", path, undefined);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>("POST", path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>("PUT", path, body);
  }

  delete(path: string): Promise<void> {
    return this.ask<void>("DELETE", path, undefined);
  }

  private async ask<T>(method: string, path: string, body: unknown): Promise<T> {
    if (this.stopped) throw new MessengerError(OFFLINE, "The page is closing.");
    const { token } = this;
    const headers: Record<string, string> = { accept: "application/json" };
    // Changing requests always say JSON, also without a body: the server refuses what a foreign form could send.
    if (method !== "GET") headers["content-type"] = "application/json";
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (this.device !== null) headers["wardesk-device"] = this.device;
    let response: Response;
    try {
      response = await this.fetch(`${this.base}${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        credentials: token === null ? "same-origin" : "omit",
        cache: "no-store",
      });
    } catch {
      throw new MessengerError(OFFLINE, "The server does not answer.");
    }
    if (response.status === 204) return undefined as T;
    const text = await response.text().catch(() => {
      throw new MessengerError(OFFLINE, "The answer broke off.");
    });
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new MessengerError(response.status >= 500 ? "overloaded" : "internal", "The server's answer is not readable.");
    }
    if (response.ok) return json as T;
    const problem = json as { code?: string; title?: string; detail?: string };
    // A late answer to the session before says nothing about the one that took its place.
    if (problem.code === "unauthenticated" && token === this.token) this.onUnauthenticated?.();
    throw new MessengerError(problem.code ?? "internal", problem.detail ?? problem.title ?? "The server refused.");
  }
}
