import type { IncomingMessage } from "node:http";

const ADDRESS_LENGTH_MAX = 64;

/**
 * Returns a client's address. Each trusted proxy appends the address it saw to X-Forwarded-For, so with `hops` proxies
 * the client stands `hops` places from the end; what is before that anybody can have written.
 */
export function addressOf(request: IncomingMessage, hops: number): string {
  const socketAddress = request.socket.remoteAddress ?? "unknown";
  const header = request.headers["x-forwarded-for"];
  if (hops === 0 || header === undefined) return socketAddress;
  const written = (Array.isArray(header) ? header.join(",") : header).split(",");
  const address = written.at(-hops)?.trim() ?? "";
  return address === "" ? socketAddress : address.slice(0, ADDRESS_LENGTH_MAX);
}
