/**
 * Brings one subscription up to now: reads what it missed, delivers that, then lets through what was held meanwhile.
 *
 * Right because of promise P2: whatever was published before a reading began is in that reading, whatever is published
 * later arrives live and is held. What lies in both is recognised by its number.
 */
import { setTimeout } from "node:timers/promises";
import type { AnyEvent, BookView, CanonicalEvent } from "@mirrorbook/protocol";
import { DIALECTS } from "@mirrorbook/protocol";
import { foldBook, type Subscription } from "./audience.ts";
import { admit, beginCatchUp, type Gate, release } from "./gate.ts";
import type { HubMember } from "./member.ts";
import { Packet } from "./packet.ts";
import type { FanoutLimits, FanoutSources, Opened } from "./types.ts";

/** A reading that did not reach to what was held is an old one: wait a little longer before each further one. */
const AGAIN_PAUSE_MS = 10;
const AGAIN_PAUSE_MAX_MS = 1_000;

/** What a catch-up needs of the hub. */
export interface CatchUpPort {
  readonly limits: FanoutLimits;
  readonly sources: FanoutSources;
  /** Whether the member is still there and still in the room. */
  isCurrent(subscription: Subscription): boolean;
  enqueue(member: HubMember, packet: Packet): void;
  flush(member: HubMember): void;
  /** Resolves when the member has room for more. */
  recovered(member: HubMember): Promise<void>;
}

export class CatchUp {
  readonly #port: CatchUpPort;
  readonly #bookReads = new Map<string, Promise<BookView | null>>();
  readonly #snapshots = new WeakMap<BookView, Packet>();

  constructor(port: CatchUpPort) {
    this.#port = port;
  }

  /** @throws what the sources throw; the gate then stays closed. */
  async run(subscription: Subscription, gate: Gate<Packet>): Promise<Opened> {
    let recovered = 0;
    let resyncSeq: number | null = null;
    let pauseMs = 0;
    for (;;) {
      if (pauseMs > 0) await setTimeout(pauseMs);
      await this.#port.recovered(subscription.member);
      if (!this.#port.isCurrent(subscription)) return { kind: "gone" };
      beginCatchUp(gate);
      const step =
        subscription.audience.room.kind === "user"
          ? await this.#readEvents(subscription, gate)
          : await this.#readSnapshot(subscription, gate);
      if (!this.#port.isCurrent(subscription)) return { kind: "gone" };
      recovered += step.delivered;
      resyncSeq = step.resyncSeq ?? resyncSeq;
      const isLive = step.complete && this.#release(subscription, gate);
      this.#port.flush(subscription.member);
      if (!isLive) {
        pauseMs = step.complete ? Math.min(pauseMs + AGAIN_PAUSE_MS, AGAIN_PAUSE_MAX_MS) : 0;
        continue;
      }
      return resyncSeq === null ? { kind: "live", recovered } : { kind: "resync", seq: resyncSeq };
    }
  }

  async #readEvents({ member, audience }: Subscription, gate: Gate<Packet>): Promise<Step> {
    const { sources, limits } = this.#port;
    const userId = audience.room.tag;
    const log = await sources.readUserEvents(userId, gate.position, limits.catchUpEventsMax);
    if (log.kind === "trimmed") return this.#resync(member, gate, log.seq);
    const last = log.events.at(-1);
    if (last === undefined) return { delivered: 0, complete: true, resyncSeq: null };
    const packet = new Packet(log.events, { userId, book: null });
    const verdict = admit(gate, packet);
    if (verdict === "gap") return this.#resync(member, gate, last[1].seq);
    const from = verdict === "all" ? 0 : verdict === "nothing" ? log.events.length : verdict.from;
    this.#port.enqueue(member, packet.after(from));
    const complete = log.events.length < limits.catchUpEventsMax;
    return { delivered: log.events.length - from, complete, resyncSeq: null };
  }

  /** The log no longer reaches back to where the member is: it has to reload, and goes on from `seq`. */
  #resync(member: HubMember, gate: Gate<Packet>, seq: number): Step {
    const event: CanonicalEvent = [
      "resync",
      { reason: "The missed events are no longer kept: reload, then go on from seq.", seq },
    ];
    this.#port.enqueue(member, new UnnumberedPacket(event, member.userId));
    gate.position = seq;
    return { delivered: 0, complete: true, resyncSeq: seq };
  }

  async #readSnapshot(subscription: Subscription, gate: Gate<Packet>): Promise<Step> {
    const { member, audience } = subscription;
    let view = await this.#readBookShared(audience.room.tag, audience.room.depth);
    if (!this.#port.isCurrent(subscription))
      return { delivered: 0, complete: true, resyncSeq: null };
    if (view === null) {
      gate.position = 0;
      return { delivered: 0, complete: true, resyncSeq: null };
    }
    if (DIALECTS[member.dialect].needsFullBook) {
      for (const { events } of gate.held) view = foldBook(view, events) ?? view;
      audience.adoptFullBook(view);
    }
    const isNews = view.seq > gate.position;
    if (isNews) {
      this.#port.enqueue(member, this.#snapshotPacket(view));
      gate.position = view.seq;
    }
    return { delivered: isNews ? 1 : 0, complete: true, resyncSeq: null };
  }

  /** Members that need the same book in the same tick share one reading, which starts after they all asked. */
  #readBookShared(symbol: string, depth: number): Promise<BookView | null> {
    const key = `${symbol}:${depth}`;
    const shared = this.#bookReads.get(key);
    if (shared !== undefined) return shared;
    const reading = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#bookReads.delete(key);
      return this.#port.sources.readBook(symbol, depth);
    });
    this.#bookReads.set(key, reading);
    return reading;
  }

  #snapshotPacket(view: BookView): Packet {
    const known = this.#snapshots.get(view);
    if (known !== undefined) return known;
    const packet = new Packet([["orderbook:snapshot", view]], { userId: null, book: view });
    this.#snapshots.set(view, packet);
    return packet;
  }

  #release({ member }: Subscription, gate: Gate<Packet>): boolean {
    const { deliveries, open } = release(gate);
    for (const { packet, from } of deliveries) this.#port.enqueue(member, packet.after(from));
    return open;
  }
}

interface Step {
  readonly delivered: number;
  /** `false`: the reading was full, so there is more to read before what was held. */
  readonly complete: boolean;
  readonly resyncSeq: number | null;
}

/** An event about the connection: its `seq`, if any, is not its own number in a stream. */
export class UnnumberedPacket extends Packet {
  constructor(event: AnyEvent, userId: string | null) {
    super([event], { userId, book: null }, []);
  }
}
