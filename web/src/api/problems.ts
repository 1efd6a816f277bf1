export type ProblemKind = "network" | "rate" | "key" | "http";

const KINDS: Record<number, ProblemKind> = { 401: "key", 429: "rate" };

/** Why a request was not answered, in words for people. */
export class ApiProblem extends Error {
  constructor(
    readonly kind: ProblemKind,
    message: string,
    readonly status = 0,
    readonly requestId = "",
    readonly retrySeconds = 0,
  ) {
    super(message);
  }

  /** The problem that a response describes; proxies may answer with something else than the gateway's JSON. */
  static of(response: Response, body: unknown): ApiProblem {
    const { error, request_id } = (typeof body === "object" && body ? body : {}) as Record<string, unknown>;
    const message = typeof error === "string" && error ? error : `the server answered with status ${response.status}`;
    const wait = Number(response.headers.get("retry-after"));
    return new ApiProblem(
      KINDS[response.status] ?? "http",
      message,
      response.status,
      typeof request_id === "string" ? request_id : "",
      Number.isFinite(wait) && wait > 0 ? wait : 0,
    );
  }

  /** Any exception of a request as a problem; cancelled requests stay what they are. */
  static from(error: unknown): unknown {
    if (error instanceof ApiProblem || isAbort(error)) return error;
    // What `fetch` throws when there is no answer at all.
    if (error instanceof TypeError) return new ApiProblem("network", "the server cannot be reached");
    return new ApiProblem("http", "the server's answer cannot be read");
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
