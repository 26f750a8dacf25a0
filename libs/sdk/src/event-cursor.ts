/**
 * Decides which of a user's numbered events is delivered. With the server's promise that numbers have no hole (P1) it
 * follows that each event is delivered once and in order, whatever the number of connections it came over.
 */
export type Admission =
  | { readonly kind: "deliver"; readonly cursor: number }
  /** Seen before: a resume and the live stream overlap. */
  | { readonly kind: "duplicate" }
  /** Events in between are missing; ask for everything after `since` and drop this one, it will come again. */
  | { readonly kind: "gap"; readonly since: number };

/** `cursor`: number of the last event delivered; 0 before the first. */
export function admitEvent(cursor: number, seq: number): Admission {
  if (seq <= cursor) return { kind: "duplicate" };
  if (seq === cursor + 1) return { kind: "deliver", cursor: seq };
  return { kind: "gap", since: cursor };
}

export type Greeting =
  | { readonly kind: "start" | "continue"; readonly cursor: number }
  /** The log holds events after the cursor that the handshake did not ask for. */
  | { readonly kind: "resume"; readonly cursor: number; readonly since: number }
  /** The server knows fewer events than this client: another database. What was known is void. */
  | { readonly kind: "reload"; readonly cursor: number };

/**
 * Decides how to go on when the server greets with the number of the user's last event.
 *
 * @param known cursor of this client, or a position it remembered; null when it starts afresh
 * @param asked whether the handshake carried `since`, so that the server sends what was missed by itself
 */
export function greet(known: number | null, serverSeq: number, asked: boolean): Greeting {
  if (known === null) return { kind: "start", cursor: serverSeq };
  if (known > serverSeq) return { kind: "reload", cursor: serverSeq };
  if (known === serverSeq || asked) return { kind: "continue", cursor: known };
  return { kind: "resume", cursor: known, since: known };
}
