/** Bounds what a server keeps of clients that have said nothing yet, or say it very slowly. */
import type { Server as HttpServer } from "node:http";
import { limitedAddress } from "./address.ts";

/** TCP connections for plain HTTP requests, beside those of sockets: in all, and of one address. */
const FOR_REQUESTS_MAX = 4_096;
const FOR_REQUESTS_PER_ADDRESS_MAX = 128;

export interface TcpSettings {
  readonly connectionsMax: number;
  readonly perAddressMax: number;
  readonly trustedProxyHops: number;
}

/**
 * Refuses TCP connections beyond the limits at once, before a byte is read. Behind a proxy all have the proxy's address,
 * so only the total counts there: limits by address are the proxy's then.
 */
export function boundTcpConnections(http: HttpServer, settings: TcpSettings): void {
  http.maxConnections = settings.connectionsMax + FOR_REQUESTS_MAX;
  if (settings.trustedProxyHops > 0) return;
  const max = settings.perAddressMax + FOR_REQUESTS_PER_ADDRESS_MAX;
  const open = new Map<string, number>();
  http.on("connection", (socket) => {
    const address = limitedAddress(socket.remoteAddress ?? "unknown");
    const count = (open.get(address) ?? 0) + 1;
    if (count > max) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
