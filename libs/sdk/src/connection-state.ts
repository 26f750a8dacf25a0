/** What is told of the connection. */

/**
 * `live`: greeted by a server that answers. `stale`: connected, but pings or all watched markets are overdue.
 * `reconnecting`: looking for a server, by itself. `closed`: for good, see `ended`.
 */
export type ConnectionStatus = "connecting" | "live" | "stale" | "reconnecting" | "closed";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Address in use or tried last. */
  readonly url: string;
  readonly node: string | null;
  readonly userId: string | null;
  /** Connections regained since the start. */
  readonly reconnects: number;
  /** Failed attempts in a row. */
  readonly failures: number;
  /** Why and when (ms since the epoch) the connection was lost last. */
  readonly lastDrop: {
    readonly reason: string;
    readonly atMs: number;
    readonly url: string;
  } | null;
  /** Why it was closed for good. */
  readonly ended: { readonly code: string; readonly message: string } | null;
  readonly rttMs: number | null;
  /** Server clock minus ours. */
  readonly skewMs: number | null;
}

export function beforeConnecting(url: string): ConnectionState {
  return {
    status: "connecting",
    url,
    node: null,
    userId: null,
    reconnects: 0,
    failures: 0,
    lastDrop: null,
    ended: null,
    rttMs: null,
    skewMs: null,
  };
}
