import type { Hub } from "@mirrorbook/fanout";
import { AppError, type Refusal } from "@mirrorbook/kernel";
import { type CanonicalEvent, rooms, type Subscription } from "@mirrorbook/protocol";
import { lastEvent, type RedisClient } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import type { Connection } from "./connection.ts";
import { openRoom } from "./open-room.ts";

export interface SubscriptionError extends Refusal {
  /** What could not be done, as it was asked for. */
  readonly subscription: Subscription;
}

export interface SubscriptionsAnswer {
  readonly ok: boolean;
  /** Names of what is subscribed now, or no longer, of what was asked. */
  readonly subscriptions: readonly string[];
  readonly errors: readonly SubscriptionError[];
}

/** What a subscription means: its name, and the rooms whose events it brings. */
interface Plan {
  readonly name: string;
  readonly rooms: readonly string[];
  /** Symbol whose feed status and, for a ticker, last price the subscriber is told at once. */
  readonly symbol?: string;
  readonly isTicker?: boolean;
}

export interface SubscriptionDeskOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly markets: MarketDirectory;
  readonly perConnectionMax: number;
  readonly log: Logger;
}

/** Puts connections into rooms and out of them. */
export class SubscriptionDesk {
  readonly #options: SubscriptionDeskOptions;

  constructor(options: SubscriptionDeskOptions) {
    this.#options = options;
  }

  /**
   * Subscribes to each of `wanted`. Resolves when Redis has confirmed that their events come here; `onJoined` then
   * acknowledges, and only after it come snapshots and live events.
   */
  async subscribe(
    connection: Connection,
    wanted: readonly Subscription[],
    onJoined: (answer: SubscriptionsAnswer) => void,
  ): Promise<void> {
    const { plans, errors } = this.#plans(connection, wanted);
    const failed = await this.#join(connection, plans);
    const joined = failed === null ? plans : [];
    for (const { name, rooms } of joined) connection.subscriptions.set(name, rooms);
    if (failed !== null) {
      for (const { subscription } of plans) errors.push({ ...failed, subscription });
    }
    const subscriptions = joined.map(({ name }) => name);
    onJoined({ ok: errors.length === 0, subscriptions, errors });
    if (joined.length === 0) return;
    this.#options.hub.send(connection.member, [["subscribed", { subscriptions }]]);
    await Promise.all(joined.map((plan) => this.#bringUpToNow(connection, plan)));
  }

  unsubscribe(connection: Connection, unwanted: readonly Subscription[]): SubscriptionsAnswer {
    const errors: SubscriptionError[] = [];
    const subscriptions: string[] = [];
    for (const subscription of unwanted) {
      try {
        const { name } = this.#plan(connection, subscription);
        if (connection.subscriptions.delete(name)) subscriptions.push(name);
      } catch (error) {
        errors.push({ ...refusalOf(error), subscription });
      }
    }
    this.#leaveUnneeded(connection);
    this.#options.hub.send(connection.member, [["unsubscribed", { subscriptions }]]);
    return { ok: errors.length === 0, subscriptions, errors };
  }

  #plans(connection: Connection, wanted: readonly Subscription[]) {
    const plans: (Plan & { subscription: Subscription })[] = [];
    const errors: SubscriptionError[] = [];
    for (const subscription of wanted) {
      try {
        const plan = this.#plan(connection, subscription);
        const isNew = !connection.subscriptions.has(plan.name);
        const count = connection.subscriptions.size + plans.length;
        if (isNew && count >= this.#options.perConnectionMax) throw tooMany(count);
        plans.push({ ...plan, subscription });
      } catch (error) {
        errors.push({ ...refusalOf(error), subscription });
      }
    }
    return { plans, errors };
  }

  /** @throws {AppError} UNKNOWN_MARKET, UNAUTHORIZED or FORBIDDEN. */
  #plan({ identity }: Connection, wanted: Subscription): Plan {
    const { resolve } = this.#options.markets;
    switch (wanted.channel) {
      case "orderbook": {
        const symbol = resolve(wanted.pair);
        const name = `orderbook:${symbol}:${wanted.depth}`;
        return { name, symbol, rooms: [rooms.book(symbol, wanted.depth), rooms.market(symbol)] };
      }
      case "ticker": {
        const symbol = resolve(wanted.pair);
        const name = `ticker:${symbol}`;
        return {
          name,
          symbol,
          isTicker: true,
          rooms: [rooms.ticker(symbol), rooms.market(symbol)],
        };
      }
      case "tape": {
        const symbol = resolve(wanted.pair);
        return { name: `tape:${symbol}`, rooms: [rooms.tape(symbol)] };
      }
      case "trading": {
        if (identity === null) throw needsToken();
        // A user's own room is joined on connection; the channel adds everybody's for those who watch the exchange.
        return {
          name: "trading",
          rooms: identity.roles.includes("monitor") ? [rooms.monitor()] : [],
        };
      }
      case "room": {
        if (identity === null) throw needsToken();
        return { name: `room:${wanted.roomId}`, rooms: [rooms.tradeRoom(wanted.roomId)] };
      }
    }
  }

  async #join(connection: Connection, plans: readonly Plan[]): Promise<Refusal | null> {
    try {
      await this.#options.hub.join(connection.member, [...new Set(plans.flatMap((p) => p.rooms))]);
      return null;
    } catch (error) {
      this.#leaveUnneeded(connection);
      return refusalOf(error);
    }
  }

  #leaveUnneeded({ member, subscriptions }: Connection): void {
    const needed = new Set([...subscriptions.values()].flat());
    if (member.userId !== null) needed.add(rooms.user(member.userId));
    this.#options.hub.leave(
      member,
      [...member.rooms()].filter((room) => !needed.has(room)),
    );
  }

  /** After the join is confirmed: what was published before is in what we read, what comes later arrives live. */
  async #bringUpToNow({ member }: Connection, { rooms, symbol, isTicker }: Plan): Promise<void> {
    const { hub, redis, log } = this.#options;
    try {
      if (symbol !== undefined) {
        const status = await lastEvent(redis, symbol, "feed:status");
        const events: CanonicalEvent[] = status === null ? [] : [["feed:status", status]];
        const price = isTicker === true ? await lastEvent(redis, symbol, "price:update") : null;
        if (price !== null) events.push(["price:update", price]);
        hub.send(member, events);
      }
    } catch (error) {
      log.warn({ err: error, symbol }, "A new subscriber learns status and price later");
    }
    await Promise.all(rooms.map((room) => openRoom(hub, member, room, undefined, log)));
  }
}

const needsToken = () => new AppError("UNAUTHORIZED", "This channel needs a token.");
const tooMany = (count: number) =>
  new AppError("TOO_MANY_SUBSCRIPTIONS", `This connection has ${count} subscriptions already.`);

function refusalOf(error: unknown): Refusal {
  if (error instanceof AppError) return error.toRefusal();
  throw error;
}
