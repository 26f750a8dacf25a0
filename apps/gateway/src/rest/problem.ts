/** Errors of the REST interface: RFC 9457 problem details, with the wire contract's `code` and `retry`. */
import { AppError, ERRORS, InvariantError, type Refusal } from "@mirrorbook/kernel";
import type { ErrorRequestHandler, Response } from "express";
import { type Logger, pathOf } from "../logger.ts";

const RETRY_AFTER_SECONDS = 1;
/** On answers to traced requests; its value is in the log of failures, too. */
export const TRACE_ID_HEADER = "Trace-Id";

export function sendProblem(response: Response, refusal: Refusal): void {
  const { code, message, retry, details } = refusal;
  const { status } = ERRORS[code];
  if (retry && (status === 429 || status === 503)) {
    response.set("Retry-After", String(RETRY_AFTER_SECONDS));
  }
  response
    .status(status)
    .type("application/problem+json")
    .send(
      JSON.stringify({
        type: "about:blank",
        title: titleOf(code),
        status,
        detail: message,
        code,
        message,
        retry,
        ...(details === undefined ? {} : { details }),
      }),
    );
}

/** "INSUFFICIENT_BALANCE" → "Insufficient balance". */
function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words[0]!.toUpperCase() + words.slice(1);
}

/** The last handler: every failure of a request becomes a coded answer, but for bugs, which end the process. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    if (error instanceof InvariantError) {
      queueMicrotask(() => {
        throw error;
      });
    }
    const failure = asAppError(error);
    if (failure.code === "INTERNAL") {
      log.error(
        {
          err: error,
          path: pathOf(request.originalUrl),
          traceId: response.getHeader(TRACE_ID_HEADER),
        },
        "Unexpected failure of a request",
      );
    }
    if (response.headersSent) return void response.destroy();
    sendProblem(response, failure.toRefusal());
  };
}

/** What Express and its body parser throw carries `status` and `type`. */
function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (type === "entity.too.large" || status === 413) {
    return new AppError("PAYLOAD_TOO_LARGE", "The body is larger than this interface takes.");
  }
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new AppError("BAD_REQUEST", "The request could not be read.");
  }
  return new AppError("INTERNAL", "Something failed here; try again.", { cause: error });
}
