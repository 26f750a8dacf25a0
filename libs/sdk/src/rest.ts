/** The REST side: one fetch that turns problem documents (RFC 9457) into `ApiError`, and the reads the SDK needs. */
import { ERRORS, type ErrorCode, type Refusal, refusal } from "@mirrorbook/kernel";

/** A refused or failed request; `code` is of the wire contract, `UNAVAILABLE` when no server answered. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Readonly<Record<string, string>> | undefined;

  constructor(error: Refusal, status: number, cause?: unknown) {
    super(error.message, cause === undefined ? undefined : { cause });
    this.code = error.code;
    this.status = status;
    this.details = error.details;
  }
}

export const REST_TIMEOUT_MS = 10_000;

export interface RestRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** The same key with the same body takes effect once, however often it is sent. */
  readonly idempotencyKey?: string;
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

/**
 * Sends one request to `<url>/api/<path>` and returns the parsed body.
 *
 * @throws {ApiError} for every answer that is not 2xx, and when there is none within `REST_TIMEOUT_MS`.
 */
export async function requestJson<T>(
  url: string,
  path: string,
  options: RestRequest = {},
): Promise<T> {
  const response = await send(url, path, options);
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(problemOf(body, response), response.status);
  return body as T;
}

async function send(url: string, path: string, options: RestRequest): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  const timeout = AbortSignal.timeout(REST_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await fetch(new URL(`/api/${path}`, url), {
      method: options.method ?? "GET",
      headers,
      signal,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (cause) {
    throw new ApiError(refusal("UNAVAILABLE", "The server cannot be reached."), 0, cause);
  }
}

function problemOf(body: unknown, response: Response): Refusal {
  const problem = (body ?? {}) as {
    code?: string;
    detail?: string;
    title?: string;
    message?: string;
    details?: Record<string, string>;
  };
  const code =
    problem.code !== undefined && problem.code in ERRORS ? problem.code : fallback(response);
  const message = problem.detail ?? problem.message ?? problem.title ?? response.statusText;
  return refusal(code as ErrorCode, message, problem.details);
}

/** A proxy in between answers without our codes. */
function fallback(response: Response): ErrorCode {
  if (response.status === 401) return "UNAUTHORIZED";
  if (response.status === 404) return "NOT_FOUND";
  if (response.status === 429) return "RATE_LIMITED";
  return response.status >= 500 ? "UNAVAILABLE" : "BAD_REQUEST";
}
