/**
 * A user's events as they arrived, their text unread: most members hear them in the very words they were published in,
 * so the text goes from Redis to the socket without becoming objects in between (`Seal` in libs/protocol).
 */
import { type AnyEvent, BATCH_PACKET, type Seal } from "@mirrorbook/protocol";
import { FRAME_HEADER_BYTES_MAX, frameHeader, SOCKET_IO_EVENT } from "./frames.ts";
import type { Link } from "./gate.ts";

const SEALED = Buffer.from(`["${BATCH_PACKET}",{`);
const [COMMA, OPEN_BRACKET, CLOSE_BRACKET, CLOSE_BRACE, QUOTE] = Buffer.from(',[]}"');
const NAME_AT = '["'.length;

/** A sealed packet taken apart: what Redis carried around the events, and the events. */
export interface Unsealed {
  /** The adapter's message with `[BATCH_PACKET]` in the place of the batch. */
  readonly envelope: string;
  readonly events: SealedEvents;
}

/** Takes a message of the adapter apart; `null` when it carries no sealed batch, or not one that is what its seal says. */
export function unseal(raw: Buffer): Unsealed | null {
  const at = raw.indexOf(SEALED);
  if (at < 0) return null;
  const sealAt = at + SEALED.length - 1;
  const sealEnd = raw.indexOf(CLOSE_BRACE!, sealAt) + 1;
  const seal = JSON.parse(raw.toString("latin1", sealAt, sealEnd)) as Seal;
  if (raw[sealEnd] !== COMMA) return null;
  const ends: number[] = [];
  let end = sealEnd + 1;
  for (const length of seal.bytes) {
    const [from, isFirst] = [end + 1, ends.length === 0];
    if (raw[end] !== (isFirst ? OPEN_BRACKET : COMMA)) return null;
    end = from + length;
    if (raw[from] !== OPEN_BRACKET || raw[end - 1] !== CLOSE_BRACKET) return null;
    ends.push(end);
  }
  if (raw[end] !== CLOSE_BRACKET || raw[end + 1] !== CLOSE_BRACKET) return null;
  const envelope = `${raw.toString("utf8", 0, at)}["${BATCH_PACKET}"]${raw.toString("utf8", end + 2)}`;
  return { envelope, events: new SealedEvents(raw, sealEnd + 1, ends, seal) };
}

export class SealedEvents {
  readonly seal: Seal;
  readonly #raw: Buffer;
  /** Where the array's opening bracket is, and the comma or bracket behind each event. */
  readonly #start: number;
  readonly #ends: readonly number[];
  #events: readonly AnyEvent[] | null = null;

  constructor(raw: Buffer, start: number, ends: readonly number[], seal: Seal) {
    this.#raw = raw;
    this.#start = start;
    this.#ends = ends;
    this.seal = seal;
  }

  get length(): number {
    return this.#ends.length;
  }

  get links(): Link[] {
    const { first } = this.seal;
    return this.#ends.map((_, i) => ({ seq: first + i, prevSeq: first + i - 1 }));
  }

  /** All of them, read at the first call. */
  get events(): readonly AnyEvent[] {
    this.#events ??= this.#ends.map((_, i) => this.#read(i));
    return this.#events;
  }

  /** Those of certain names; no other is read. */
  named(names: ReadonlySet<string>): readonly AnyEvent[] {
    const events: AnyEvent[] = [];
    for (let i = 0; i < this.length; i++) if (names.has(this.#name(i))) events.push(this.#read(i));
    return events;
  }

  /** Each as a Socket.IO packet. */
  texts(): string[] {
    return this.#ends.map(
      (end, i) => SOCKET_IO_EVENT.slice(1) + this.#raw.toString("utf8", this.#from(i), end),
    );
  }

  /** All as WebSocket frames of Socket.IO packets, one behind the other. */
  frames(): Buffer {
    const { bytes } = this;
    const frames = Buffer.allocUnsafe(bytes + this.length * (1 + FRAME_HEADER_BYTES_MAX));
    let at = 0;
    for (let i = 0; i < this.length; i++) {
      const [from, end] = [this.#from(i), this.#ends[i]!];
      at = frameHeader(frames, at, SOCKET_IO_EVENT.length + end - from);
      at += frames.write(SOCKET_IO_EVENT, at, "latin1");
      at += this.#raw.copy(frames, at, from, end);
    }
    return frames.subarray(0, at);
  }

  /** Bytes of the Socket.IO packets. */
  get bytes(): number {
    // Between two events, and before the first, stands one character: so many as the packets' type takes.
    return this.#ends[this.length - 1]! - this.#start;
  }

  #from(i: number): number {
    return (i === 0 ? this.#start : this.#ends[i - 1]!) + 1;
  }

  #name(i: number): string {
    const from = this.#from(i) + NAME_AT;
    return this.#raw.toString("latin1", from, this.#raw.indexOf(QUOTE!, from));
  }

  #read(i: number): AnyEvent {
    return JSON.parse(this.#raw.toString("utf8", this.#from(i), this.#ends[i]!)) as AnyEvent;
  }
}
