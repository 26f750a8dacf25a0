/**
 * The leader's heartbeat: once a second, with a counter, through the same kind of channel that events take, to the control
 * room and to every market's pulse room (so that each shard that carries a book carries a pulse).
 */
import { type Clock, systemClock } from "@mirrorbook/kernel";
import { rooms } from "@mirrorbook/protocol";
import type { RedisClient } from "./redis.ts";
import { listenToRoom, publishToRoom, type RoomListener } from "./room-events.ts";
import type { RoomPackets } from "./room-packets.ts";

export const HEARTBEAT_INTERVAL_MS = 1_000;
/** Silence after which a gateway must take its path from the leader for broken. */
export const HEARTBEAT_MISSED_AFTER_MS = 3_000;

export interface Heartbeat {
  readonly node: string;
  readonly epoch: number;
  /** 1, 2, 3, … within an epoch. */
  readonly beat: number;
  readonly timestamp: string;
}

const HEARTBEAT_EVENT = "heartbeat";

/** Sends one beat to the control room and to the markets' pulse rooms. @throws when Redis does not take it. */
export async function publishHeartbeat(
  redis: RedisClient,
  packets: RoomPackets,
  heartbeat: Heartbeat,
  symbols: readonly string[],
): Promise<void> {
  const targets = [rooms.control(), ...symbols.map((symbol) => rooms.pulse(symbol))];
  const event = [HEARTBEAT_EVENT, heartbeat] as const;
  await Promise.all(targets.map((room) => publishToRoom(redis, packets, room, [event])));
}

export interface ProbeOptions {
  /** The connection whose life is in question: the one the gateway's adapter receives on. */
  readonly subscriber: RedisClient;
  readonly packets: RoomPackets;
  readonly symbols: readonly string[];
  readonly clock?: Clock;
  /** The closed probe this one takes over from, because the markets changed: what was heard stays heard. */
  readonly previous?: HeartbeatProbe;
}

/** Hears heartbeats on a gateway's own subscriber connection, so that silence means what it says. */
export class HeartbeatProbe {
  readonly #clock: Clock;
  readonly #symbols: readonly string[];
  readonly #heardAtMs = new Map<string, number>();
  #listeners: RoomListener[] = [];
  #last: Heartbeat | null = null;

  private constructor(clock: Clock, symbols: readonly string[]) {
    this.#clock = clock;
    this.#symbols = symbols;
  }

  /** Settles when all subscriptions are confirmed. */
  static async start({ subscriber, packets, symbols, previous, ...options }: ProbeOptions) {
    const clock = options.clock ?? systemClock;
    const probe = new HeartbeatProbe(clock, symbols);
    probe.#last = previous?.last ?? null;
    const listen = (room: string) =>
      listenToRoom(subscriber, packets, room, ([name, payload]) => {
        if (name === HEARTBEAT_EVENT) probe.#onBeat(room, payload as Heartbeat);
      });
    const started = clock.monotonicMs();
    const heardBefore = previous === undefined ? new Map<string, number>() : previous.#heardAtMs;
    for (const room of probe.#rooms()) {
      probe.#heardAtMs.set(room, heardBefore.get(room) ?? started);
    }
    probe.#listeners = await Promise.all(probe.#rooms().map(listen));
    return probe;
  }

  /** The last beat heard on the control room. */
  get last(): Heartbeat | null {
    return this.#last;
  }

  /** How long the most silent of the channels has been silent, in ms. */
  silentForMs(): number {
    return this.#clock.monotonicMs() - Math.min(...this.#heardAtMs.values());
  }

  /** How long the control channel has been silent, in ms: is there a leader at all? */
  leaderSilentForMs(): number {
    return this.#clock.monotonicMs() - this.#heardAtMs.get(rooms.control())!;
  }

  /** True while beats arrive on every channel and a leader has been heard. */
  alive(): boolean {
    return this.#last !== null && this.silentForMs() < HEARTBEAT_MISSED_AFTER_MS;
  }

  /** Subscribes again to every channel. @throws when Redis refuses. */
  async resubscribe(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.resubscribe()));
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #rooms(): string[] {
    return [rooms.control(), ...this.#symbols.map((symbol) => rooms.pulse(symbol))];
  }

  #onBeat(room: string, beat: Heartbeat): void {
    this.#heardAtMs.set(room, this.#clock.monotonicMs());
    if (room === rooms.control()) this.#last = beat;
  }
}
