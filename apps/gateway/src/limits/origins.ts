import type { IncomingHttpHeaders } from "node:http";

/**
 * Tells whether a browser page of this origin may talk to us: our own page, a listed origin, or no browser at all
 * (bots and servers send no Origin).
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
