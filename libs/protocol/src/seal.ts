/**
 * The seal of a batch of a user's events: what a gateway must know of them to pass their text on unread.
 *
 * The packet is then `[BATCH_PACKET, seal, events]`, with `events` as one JSON array of exactly these texts, and the
 * seal as `sealText` writes it. Whoever ignores seals takes the last element.
 */
export interface Seal {
  /** Number of the first event; the others follow without a hole. */
  readonly first: number;
  /** Their time, ISO 8601. */
  readonly at: string;
  /** Length of each event's text in UTF-8 bytes. */
  readonly bytes: readonly number[];
  /** Trace context of the command that they came of, when that is traced. */
  readonly traceparent?: string;
}

/** A seal's text. Nothing in it contains a brace, so it ends at the first one that closes. */
export function sealText({ first, at, bytes, traceparent }: Seal): string {
  const trace = traceparent === undefined ? "" : `,"traceparent":"${traceparent}"`;
  return `{"first":${first},"at":"${at}","bytes":[${bytes.join(",")}]${trace}}`;
}
