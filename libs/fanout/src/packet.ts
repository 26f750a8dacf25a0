import {
  type AnyEvent,
  DIALECTS,
  type DialectName,
  type Message,
  type WordingContext,
  word,
} from "@mirrorbook/protocol";
import { frameOf, socketIoPacket, type WireFormat } from "./frames.ts";
import type { Link } from "./gate.ts";
import { SealedEvents } from "./sealed-events.ts";
import type { EventBatch } from "./types.ts";

/** Messages in the form one kind of wire takes them. Shared by all members that get the same. */
export class Encoded {
  readonly format: WireFormat;
  readonly count: number;
  readonly bytes: number;
  readonly #messages: EncodedMessages;
  #texts: readonly string[] | undefined;
  #frame: Buffer | undefined;
  #rope: Rope | undefined;

  constructor(messages: EncodedMessages, format: WireFormat) {
    this.#messages = messages;
    this.format = format;
    this.count = messages.length;
    this.bytes = messages.bytes;
  }

  static of(messages: readonly Message[], format: WireFormat): Encoded {
    const texts = messages.map(({ name, body }) =>
      format === "plain" ? JSON.stringify(body) : socketIoPacket(name, body),
    );
    return new Encoded(new Texts(texts, format), format);
  }

  /** A Socket.IO packet that is worded already. */
  static ofText(packet: string): Encoded {
    return new Encoded(new Texts([packet], "socket.io"), "socket.io");
  }

  get texts(): readonly string[] {
    this.#texts ??= this.#messages.texts();
    return this.#texts;
  }

  /** This alone, as what a member gets in a tick. */
  get rope(): Rope {
    this.#rope ??= new Rope(this);
    return this.#rope;
  }

  /** All messages as WebSocket frames, one behind the other, made when the first member needs them. */
  get frame(): Buffer {
    this.#frame ??= this.#messages.frames();
    return this.#frame;
  }
}

/** What `SealedEvents` are without any work, and worded messages after some. */
interface EncodedMessages {
  readonly length: number;
  /** Payload bytes, without framing. */
  readonly bytes: number;
  texts(): readonly string[];
  frames(): Buffer;
}

class Texts implements EncodedMessages {
  readonly bytes: number;
  readonly #texts: readonly string[];
  readonly #format: WireFormat;

  constructor(texts: readonly string[], format: WireFormat) {
    this.#format = format;
    this.#texts = texts;
    this.bytes = this.#texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
  }

  get length(): number {
    return this.#texts.length;
  }

  texts(): readonly string[] {
    return this.#texts;
  }

  frames(): Buffer {
    const frames = this.#texts.map((text) => frameOf(text, this.#format));
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }
}

interface Worded {
  readonly messages: readonly Message[];
  readonly hasTopics: boolean;
  readonly encoded: Partial<Record<WireFormat, Encoded>>;
}

function linksOf(events: readonly AnyEvent[] | SealedEvents): readonly Link[] {
  if (events instanceof SealedEvents) return events.links;
  return events.map(linkOf).filter((link) => link !== null);
}

/** How an event hangs on the one before it; `null` when it carries no number. */
function linkOf([name, payload]: AnyEvent): Link | null {
  const { seq, prevSeq } = payload as { seq?: unknown; prevSeq?: unknown };
  if (typeof seq !== "number") return null;
  if (name === "orderbook:snapshot") return { seq, prevSeq: null };
  return { seq, prevSeq: typeof prevSeq === "number" ? prevSeq : seq - 1 };
}

/** Canonical events that belong together, worded and encoded at most once per dialect and wire format. */
export class Packet implements EventBatch {
  /** How the numbered ones among `events` hang together; shorter than `events` when some carry no number. */
  readonly links: readonly Link[];
  readonly #events: readonly AnyEvent[] | SealedEvents;
  readonly #context: WordingContext;
  readonly #worded: Partial<Record<DialectName, Worded>> = {};
  #verbatim: Encoded | null = null;
  #last: Encoded | null = null;
  #lastDialect: DialectName | null = null;

  constructor(
    events: readonly AnyEvent[] | SealedEvents,
    context: WordingContext,
    links: readonly Link[] = linksOf(events),
  ) {
    this.#events = events;
    this.links = links;
    this.#context = context;
  }

  get events(): readonly AnyEvent[] {
    return this.#events instanceof SealedEvents ? this.#events.events : this.#events;
  }

  get timestamp(): string | null {
    if (this.#events instanceof SealedEvents) return this.#events.seal.at;
    const { seq, timestamp } = (this.#events[0]?.[1] ?? {}) as { seq?: number; timestamp?: string };
    return seq === undefined ? null : (timestamp ?? null);
  }

  get traceparent(): string | undefined {
    return this.#events instanceof SealedEvents ? this.#events.seal.traceparent : undefined;
  }

  named(names: ReadonlySet<string>): readonly AnyEvent[] {
    if (this.#events instanceof SealedEvents) return this.#events.named(names);
    return this.#events.filter(([name]) => names.has(name));
  }

  /** Returns what a member hears of this packet, or `null` when its dialect or its topics leave nothing. */
  encoded(dialect: DialectName, format: WireFormat, topics: ReadonlySet<string>): Encoded | null {
    // Most members of a room are alike: what the last one got is compared before anything is looked up.
    if (this.#last !== null && dialect === this.#lastDialect && format === this.#last.format) {
      return this.#last;
    }
    if (
      this.#events instanceof SealedEvents &&
      format === "socket.io" &&
      DIALECTS[dialect].isVerbatim
    ) {
      this.#verbatim ??= new Encoded(this.#events, format);
      return this.#verbatim;
    }
    this.#worded[dialect] ??= this.#word(dialect);
    const worded = this.#worded[dialect];
    if (worded.messages.length === 0) return null;
    if (worded.hasTopics) {
      const chosen = worded.messages.filter(
        ({ topic }) => topic === undefined || topics.has(topic),
      );
      return chosen.length === 0 ? null : Encoded.of(chosen, format);
    }
    worded.encoded[format] ??= Encoded.of(worded.messages, format);
    this.#last = worded.encoded[format];
    this.#lastDialect = dialect;
    return this.#last;
  }

  /** The packet without its first `from` numbered events. */
  after(from: number): Packet {
    if (from === 0) return this;
    let numbered = 0;
    const events = this.events.filter((event) => linkOf(event) === null || numbered++ >= from);
    return new Packet(events, this.#context, this.links.slice(from));
  }

  #word(dialect: DialectName): Worded {
    const messages: Message[] = [];
    let hasTopics = false;
    for (const event of this.events) {
      const message = word(DIALECTS[dialect], event, this.#context);
      if (message === null) continue;
      messages.push(message);
      hasTopics ||= message.topic !== undefined;
    }
    return { messages, hasTopics, encoded: {} };
  }
}

/** A batch of events that came another way, e.g. from the log. */
export function batchOf(events: readonly AnyEvent[]): EventBatch {
  return new Packet(events, { userId: null, book: null });
}

/**
 * What one member gets in one tick: a chain of encodings. Members that get the same share the chain, and so the
 * buffer that is written; a member that gets one thing more branches off.
 */
export class Rope {
  readonly messages: number;
  /** Payload bytes, without framing. */
  readonly bytes: number;
  readonly #before: Rope | null;
  readonly #last: Encoded;
  #next: Rope | undefined;
  #buffer: Buffer | undefined;

  constructor(last: Encoded, before: Rope | null = null) {
    this.#before = before;
    this.#last = last;
    this.messages = last.count + (before?.messages ?? 0);
    this.bytes = last.bytes + (before?.bytes ?? 0);
  }

  append(encoded: Encoded): Rope {
    if (this.#next === undefined || this.#next.#last !== encoded) {
      this.#next = new Rope(encoded, this);
    }
    return this.#next;
  }

  get buffer(): Buffer {
    this.#buffer ??=
      this.#before === null
        ? this.#last.frame
        : Buffer.concat(this.#encodings().map(({ frame }) => frame));
    return this.#buffer;
  }

  texts(): string[] {
    return this.#encodings().flatMap(({ texts }) => texts);
  }

  #encodings(): Encoded[] {
    const encodings: Encoded[] = [];
    for (let rope: Rope | null = this; rope !== null; rope = rope.#before) {
      encodings.push(rope.#last);
    }
    return encodings.reverse();
  }
}
