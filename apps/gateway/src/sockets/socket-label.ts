import type { Socket } from "socket.io";
import { z } from "zod";

/** What other nodes may learn of a Socket.IO connection, e.g. for an operator's list. */
export const SocketLabel = z.object({
  node: z.string(),
  address: z.string(),
  userId: z.string().nullable(),
  name: z.string().nullable(),
  connectedAt: z.iso.datetime({ precision: 3 }),
});
export type SocketLabel = z.infer<typeof SocketLabel>;

/**
 * Labels a connection, and takes its credentials out of it: the adapter sends `data` and `handshake` of a socket to other
 * nodes when they ask who is in a room.
 */
export function label(socket: Socket, data: SocketLabel): void {
  socket.data = data;
  const { handshake } = socket;
  handshake.auth = {};
  handshake.query = {};
  handshake.url = "";
  delete handshake.headers.authorization;
  delete handshake.headers.cookie;
}
