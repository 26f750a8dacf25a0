import type { EventBatch, Hub } from "@mirrorbook/fanout";
import { type CanonicalEvent, type Portfolio, type Position, rooms } from "@mirrorbook/protocol";
import { type RedisClient, readUserState } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { BestBids } from "./best-bids.ts";
import { applyBatch, figuresOf, type Owned, ownedIn } from "./owned.ts";
import { type Bids, markPortfolio, markPosition } from "./valuation.ts";

export interface UserMarksOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly bids: BestBids;
  readonly everyMs: number;
  readonly isConnected: (userId: string) => boolean;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface Watched {
  /** `null` until read, and again when events were missed. */
  owned: Owned | null;
  isReading: boolean;
  /** What was told last, by account and by position: only changes are told. */
  readonly told: Map<string, string>;
}

/** Tells users connected here what their positions are worth, at most once per `everyMs` and only when it changed. */
export class UserMarks {
  readonly #options: UserMarksOptions;
  readonly #users = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #isMarking = false;

  constructor(options: UserMarksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#markAll(), options.everyMs);
  }

  /** Marks a user from now on, for as long as it has a connection here. */
  watch(userId: string): void {
    if (this.#users.has(userId)) return;
    this.#users.set(userId, { owned: null, isReading: false, told: new Map() });
  }

  /** Follows what the user owns; call with every batch of the user's events, repeats included. */
  onEvents(userId: string, batch: EventBatch): void {
    const watched = this.#users.get(userId);
    if (watched?.owned == null) return;
    if (applyBatch(watched.owned, batch) === "gap") watched.owned = null;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #markAll(): Promise<void> {
    if (this.#isMarking || this.#users.size === 0) return;
    this.#isMarking = true;
    try {
      const bids = await this.#options.bids.read();
      for (const [userId, watched] of this.#users) this.#mark(userId, watched, bids);
    } catch (error) {
      this.#options.log.debug({ err: error }, "Portfolios could not be marked");
    } finally {
      this.#isMarking = false;
    }
  }

  #mark(userId: string, watched: Watched, bids: Bids): void {
    if (!this.#options.isConnected(userId)) {
      this.#users.delete(userId);
      return;
    }
    if (watched.owned === null) {
      void this.#read(userId, watched);
      return;
    }
    const events = changedMarks(watched.owned, watched.told, bids, this.#options.nowMs());
    this.#options.hub.deliver(rooms.user(userId), events);
  }

  async #read(userId: string, watched: Watched): Promise<void> {
    if (watched.isReading) return;
    watched.isReading = true;
    try {
      const state = await readUserState(this.#options.redis, userId);
      if (state !== null) watched.owned = ownedIn(state);
    } catch (error) {
      this.#options.log.debug({ err: error }, "A user's state could not be read for marking");
    } finally {
      watched.isReading = false;
    }
  }
}

function changedMarks(
  owned: Owned,
  told: Map<string, string>,
  bids: Bids,
  nowMs: number,
): CanonicalEvent[] {
  const { positions, balances } = owned;
  const timestamp = new Date(nowMs).toISOString();
  const events: CanonicalEvent[] = [];
  for (const [key, position] of positions) {
    if (position.status !== "open") continue;
    const marked = markPosition(position, bids);
    if (isNews(told, `position/${key}`, marked)) {
      events.push(["position:marked", { timestamp, position: marked }]);
    }
  }
  const all = [...balances.values()];
  for (const figures of figuresOf(owned)) {
    const marked = markPortfolio(figures, all, bids);
    if (isNews(told, `portfolio/${figures.account}`, marked)) {
      events.push(["portfolio:marked", { timestamp, ...marked }]);
    }
  }
  return events;
}

function isNews(told: Map<string, string>, key: string, mark: Position | Portfolio): boolean {
  const figures =
    "currentPrice" in mark
      ? `${mark.quantity} ${mark.currentPrice}`
      : `${mark.equity} ${mark.cash}`;
  if (told.get(key) === figures) return false;
  told.set(key, figures);
  return true;
}
