import type { RequestHandler } from "express";
import { isOriginAllowed } from "../limits/origins.ts";

const METHODS = "GET, POST, PUT, PATCH, DELETE";
const HEADERS = "Authorization, Content-Type, Idempotency-Key, Traceparent";
const PREFLIGHT_KEPT_SECONDS = 600;

/** Lets pages of allowed origins read our answers. Tokens travel in a header, never in a cookie. */
export function cors(allowedOrigins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary("Origin");
    if (origin !== undefined && isOriginAllowed(request.headers, allowedOrigins)) {
      response.set("Access-Control-Allow-Origin", origin);
      response.set("Access-Control-Expose-Headers", "Retry-After, Trace-Id");
    }
    if (request.method !== "OPTIONS") return next();
    response.set("Access-Control-Allow-Methods", METHODS);
    response.set("Access-Control-Allow-Headers", HEADERS);
    response.set("Access-Control-Max-Age", String(PREFLIGHT_KEPT_SECONDS));
    response.status(204).end();
  };
}
