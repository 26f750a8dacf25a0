/**
 * A leader process: warms its mirror of the markets, waits for the lease, leads for a term, waits again.
 *
 * One active, any number standing by. What a term may do is kept true by the store's fences; this class only decides when
 * to try.
 */
import type { FeedEvent } from "@mirrorbook/binance";
import { MarketMirror } from "./market-mirror.ts";
import type { Feed, HeldLease, LeaderStore, StartFeed } from "./ports.ts";
import { Term, type TermDeps, type TermEnd } from "./term.ts";

/** How often a standby looks for the lease: what a handover costs at most, besides the takeover itself. */
export const LEASE_POLL_INTERVAL_MS = 50;
/** A process whose markets are not live yet lets others lead, but not for longer than this from its start. */
export const WARM_WITHIN_MS = 5_000;

export interface LeaderOptions
  extends Pick<
    TermDeps,
    "exchange" | "source" | "time" | "log" | "metrics" | "tracing" | "onFatal" | "usersLoadedMax"
  > {
  readonly store: LeaderStore;
  readonly startFeed: StartFeed;
  /** Markets this leader serves. */
  readonly symbols: readonly string[];
}

export type Role = "standby" | "active" | "stopped";

export class Leader {
  readonly #options: LeaderOptions;
  readonly #mirror = new MarketMirror();
  readonly #startedAtMs: number;
  #feed: Feed | null = null;
  #term: Term | null = null;
  #stopping = false;
  #wake = () => {};
  #running: Promise<void> = Promise.resolve();
  #lease: HeldLease | null = null;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#startedAtMs = options.time.monotonicMs();
  }

  get role(): Role {
    if (this.#stopping) return "stopped";
    return this.#term?.active ? "active" : "standby";
  }

  get epoch(): number | null {
    return this.#lease?.epoch ?? null;
  }

  /** Markets with their present status, and those that are not there with the reason. */
  get statuses(): Record<string, string> {
    const markets = [...this.#mirror.markets.values()];
    const present = markets.map(({ spec, status }) => [spec.symbol, status] as const);
    return Object.fromEntries([...this.#mirror.absent, ...present]);
  }

  /** Starts the feed and the wait for the lease. */
  start(): void {
    this.#feed = this.#options.startFeed((event) => this.#onFeed(event));
    this.#running = this.#run();
  }

  /** Hands over: what was applied becomes durable and answered, then the lease is given back. */
  async stop(): Promise<void> {
    if (this.#stopping) return this.#running;
    this.#stopping = true;
    this.#wake();
    await this.#term?.stop();
    await this.#release();
    await this.#running;
    this.#feed?.stop();
  }

  #onFeed(event: FeedEvent): void {
    const { metrics, log } = this.#options;
    metrics.feedEvents.inc({ kind: event.kind });
    if (event.kind === "status") log.info({ ...event }, "The feed changed its status");
    try {
      this.#mirror.apply(event);
      this.#term?.onFeed(event);
    } catch (error) {
      this.#options.onFatal(error);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#lease = await this.#tryAcquire();
      if (this.#lease === null || this.#stopping) {
        await this.#pause(LEASE_POLL_INTERVAL_MS);
        continue;
      }
      await this.#lead(this.#lease);
      await this.#release();
      // Whoever is not troubled by what ended this term may go first.
      await this.#pause(2 * LEASE_POLL_INTERVAL_MS);
    }
    await this.#release();
  }

  async #tryAcquire(): Promise<HeldLease | null> {
    if (!this.#warm()) return null;
    try {
      return await this.#options.store.acquireLease();
    } catch (error) {
      this.#options.log.debug({ err: error }, "Could not ask for the lease");
      return null;
    }
  }

  async #lead(lease: HeldLease): Promise<void> {
    const { store, log, metrics } = this.#options;
    const term = new Term({
      ...this.#options,
      lease,
      store: store.openTerm(lease.epoch),
      mirror: this.#mirror,
      onActive: (tookMs) => {
        metrics.takeoverSeconds.observe(tookMs / 1_000);
        log.info({ epoch: lease.epoch, tookMs: Math.round(tookMs) }, "Became leader");
      },
    });
    this.#term = term;
    metrics.active.set(1);
    const end = await term.run();
    this.#term = null;
    metrics.active.set(0);
    metrics.termEnds.inc({ kind: end.kind });
    this.#logEnd(lease.epoch, end);
  }

  #logEnd(epoch: number, end: TermEnd): void {
    const { log } = this.#options;
    if (end.kind === "store_failed") {
      log.warn({ epoch, kind: end.kind, err: end.error }, "Stopped leading");
    } else {
      log.info({ epoch, ...end }, "Stopped leading");
    }
  }

  async #release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    try {
      await lease?.release();
    } catch (error) {
      this.#options.log.debug(
        { err: error },
        "Could not give the lease back; it runs out by itself",
      );
    }
  }

  /** True when all markets are live, or have not been for so long that leading without is better than nobody. */
  #warm(): boolean {
    const { symbols, time } = this.#options;
    const live = (symbol: string) => this.#mirror.markets.get(symbol)?.status === "live";
    return symbols.every(live) || time.monotonicMs() - this.#startedAtMs >= WARM_WITHIN_MS;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = this.#options.time.after(ms, resolve);
      const cancel = this.#wake;
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
