import type { FieldProblem, Problem, ProblemCode } from "./types";

/** `offline`: no answer came; everything else is the server's word. */
export type ApiCode = ProblemCode | "offline";

/** A refusal by the server, or no answer at all. */
export class ApiProblem extends Error {
  readonly code: ApiCode;
  readonly status: number;
  readonly detail: string | null;
  readonly fields: FieldProblem[];
  readonly permission: string | null;
  /** Seconds until another try makes sense. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;

  constructor(problem: Partial<Omit<Problem, "code">> & { code: ApiCode }) {
    super(problem.title ?? problem.code);
    this.name = "ApiProblem";
    this.code = problem.code;
    this.status = problem.status ?? 0;
    this.detail = problem.detail ?? null;
    this.fields = problem.fields ?? [];
    this.permission = problem.permission ?? null;
    this.retryAfter = problem.retry_after ?? null;
    this.requestId = problem.request_id ?? null;
  }

  /** The message for a field of the request, if the server had one. */
  field(name: string): string | null {
    return this.fields.find((problem) => problem.field === name)?.message ?? null;
  }
}

/** Reads an answer that is not success; copes with a proxy that answers in its own words. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const retry = Number(response.headers.get("retry-after"));
  const retry_after = Number.isFinite(retry) && retry > 0 ? retry : undefined;
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  const body = isProblem ? ((await response.json().catch(() => null)) as Problem | null) : null;
  if (body?.code) return new ApiProblem({ ...(retry_after === undefined ? {} : { retry_after }), ...body });
  return new ApiProblem({ code: codeOf(response.status), status: response.status, ...(retry_after === undefined ? {} : { retry_after }) });
}

function codeOf(status: number): ApiCode {
  const known: Record<number, ApiCode> = {
    400: "bad-request", 401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method-not-allowed", 409: "conflict", 413: "too-large",
    415: "unsupported-media-type", 422: "invalid-fields", 429: "rate-limited", 502: "overloaded", 503: "overloaded", 504: "overloaded", 507: "storage-full",
  };
  return known[status] ?? "internal";
}
