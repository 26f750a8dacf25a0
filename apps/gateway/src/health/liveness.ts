/**
 * Watches the path from the leader to this gateway by the leader's heartbeats, which travel it (ARCHITECTURE 11, "silent
 * death"), and mends it when it falls silent.
 *
 * 1. No beat for `timeoutMs`: not ready, members are told `stale`.
 * 2. A leader is there all the same: the subscription is dead, so its connection is made anew.
 * 3. Beats again: positions are compared with the log, members are told the market's true status.
 */
import { type Clock, systemClock } from "@mirrorbook/kernel";
import {
  HeartbeatProbe,
  type RedisClient,
  type RoomPackets,
  readLeaseHolder,
} from "@mirrorbook/store";
import type { Logger } from "../logger.ts";

const LOOK_EVERY_MS = 500;
/** A connection made anew gets so long to bring beats before it is made anew again. */
const RECONNECT_EVERY_MS = 5_000;

export interface LivenessOptions {
  readonly redis: RedisClient;
  /** The connection that the adapter receives on. */
  readonly subscriber: RedisClient;
  readonly packets: RoomPackets;
  readonly symbols: () => readonly string[];
  readonly timeoutMs: number;
  readonly log: Logger;
  readonly onSilent: () => void;
  readonly onHeard: () => void;
  readonly clock?: Clock;
}

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #clock: Clock;
  #probe: HeartbeatProbe;
  #probedSymbols: string;
  #silent = true;
  #reconnectedAtMs = Number.NEGATIVE_INFINITY;
  #looking = false;
  #closed = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: LivenessOptions, probe: HeartbeatProbe, symbols: string) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#probe = probe;
    this.#probedSymbols = symbols;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  static async start(options: LivenessOptions): Promise<Liveness> {
    const symbols = options.symbols();
    const probe = await HeartbeatProbe.start({ ...options, symbols });
    return new Liveness(options, probe, symbols.join());
  }

  /** Whether all that a leader sends arrives here. */
  get isAlive(): boolean {
    return this.#probe.last !== null && this.#probe.silentForMs() < this.#options.timeoutMs;
  }

  /** Whether a leader is there to answer commands, even if some market's channel is silent. */
  get hasLeader(): boolean {
    return this.#probe.last !== null && this.#probe.leaderSilentForMs() < this.#options.timeoutMs;
  }

  /** Node that leads, as far as we hear. */
  get leader(): string | null {
    return this.hasLeader ? this.#probe.last!.node : null;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#probe.close();
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    try {
      await this.#followMarkets();
      if (this.#closed) return;
      if (this.isAlive) this.#onAlive();
      else await this.#onSilence();
    } catch (error) {
      this.#options.log.debug({ err: error }, "The path from the leader could not be looked at");
    } finally {
      this.#looking = false;
    }
  }

  #onAlive(): void {
    if (!this.#silent) return;
    this.#silent = false;
    this.#options.log.info({ leader: this.leader }, "Hearing the leader");
    this.#options.onHeard();
  }

  async #onSilence(): Promise<void> {
    const { log, onSilent, redis } = this.#options;
    if (!this.#silent) {
      this.#silent = true;
      log.warn({ silentForMs: Math.round(this.#probe.silentForMs()) }, "The leader is not heard");
      onSilent();
    }
    // Without a leader there is nothing to hear; with one, the silence is ours.
    const holder = await readLeaseHolder(redis);
    if (holder !== null && !this.#closed) await this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#probe.silentForMs() < this.#options.timeoutMs) return;
    if (nowMs - this.#reconnectedAtMs < RECONNECT_EVERY_MS) return;
    this.#reconnectedAtMs = nowMs;
    this.#options.log.warn("Connecting the subscriber anew");
    this.#options.subscriber.disconnect(true);
    await this.#probe.resubscribe();
  }

  /** The probe listens on each market's shard, so it starts anew when the markets change. */
  async #followMarkets(): Promise<void> {
    const symbols = this.#options.symbols();
    if (symbols.join() === this.#probedSymbols) return;
    this.#probe.close(); // First: it gives up channels that the next one takes.
    this.#probe = await HeartbeatProbe.start({
      ...this.#options,
      symbols,
      previous: this.#probe,
    });
    this.#probedSymbols = symbols.join();
  }
}
