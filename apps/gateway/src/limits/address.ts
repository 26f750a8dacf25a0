import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

/**
 * Returns a client's address. Each trusted proxy appends the address it saw to X-Forwarded-For, so with `hops` proxies
 * the client stands `hops` places from the end; what is before that anybody can have written. What is no address is not
 * believed.
 */
export function addressOf(request: IncomingMessage, hops: number): string {
  const socketAddress = plainAddress(request.socket.remoteAddress ?? "unknown");
  const header = request.headers["x-forwarded-for"];
  if (hops === 0 || header === undefined) return socketAddress;
  const written = (Array.isArray(header) ? header.join(",") : header).split(",");
  const address = written.at(-hops)?.trim() ?? "";
  return isIP(address) === 0 ? socketAddress : plainAddress(address);
}

/**
 * What limits by address count: an IPv4 address itself, of an IPv6 address its /64, for that is what one customer gets
 * and any of its 2^64 addresses is as good as another.
 */
export function limitedAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const [before = "", after] = address.split("%", 1)[0]!.split("::");
  const groups = before === "" ? [] : before.split(":");
  // "a::b" leaves out the zero groups that are missing to eight.
  const rest = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : 8 - groups.length - rest.length;
  const network = [...groups, ...Array<string>(Math.max(0, zeros)).fill("0"), ...rest].slice(0, 4);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** "::ffff:10.0.0.1", as a server that listens on IPv6 sees it, → "10.0.0.1". */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}
