/**
 * Why the server ends a connection. Socket.IO clients get the code in an `error` event before the disconnect; plain
 * WebSocket clients get it as the close reason with `closeCode`, whose range carries the verdict as at Centrifugo:
 * 4000–4499 reconnect, 4500–4999 do not.
 */
export const DISCONNECTS = {
  slow_consumer: {
    closeCode: 4001,
    retry: true,
    message: "You read too slowly; resume by number.",
  },
  rate_limited: { closeCode: 4002, retry: true, message: "Too many messages; slow down." },
  too_many_connections: { closeCode: 4003, retry: true, message: "Too many connections." },
  draining: {
    closeCode: 4004,
    retry: true,
    message: "This node is going away; reconnect at once.",
  },
  unauthorized: { closeCode: 4501, retry: false, message: "A valid token is needed." },
  session_revoked: {
    closeCode: 4502,
    retry: false,
    message: "The session has ended; sign in again.",
  },
  bad_message: { closeCode: 4503, retry: false, message: "The message could not be read." },
} as const satisfies Record<string, { closeCode: number; retry: boolean; message: string }>;

export type DisconnectCode = keyof typeof DISCONNECTS;
