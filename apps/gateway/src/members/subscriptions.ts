import type { Hub } from "@mirrorbook/fanout";
import { AppError, type Refusal } from "@mirrorbook/kernel";
import {
  type CanonicalEvent,
  type MarketEvents,
  parseRoom,
  rooms,
  type Subscription,
} from "@mirrorbook/protocol";
import { lastEvent, type RedisClient } from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import type { MarketDirectory } from "../market/market-directory.ts";
import { visibleRoom } from "../rooms/room-access.ts";
import type { Connection } from "./connection.ts";
import { openRoom } from "./open-room.ts";
import { planSubscription, type SubscriptionPlan } from "./subscription-plan.ts";

export interface SubscriptionError extends Refusal {
  /** Place in the message of what could not be done. */
  readonly index: number;
}

export interface SubscriptionsAnswer {
  readonly ok: boolean;
  /** Names of what is subscribed now, or no longer, of what was asked. */
  readonly subscriptions: readonly string[];
  readonly errors: readonly SubscriptionError[];
}

export interface SubscriptionDeskOptions {
  readonly hub: Hub;
  readonly redis: RedisClient;
  readonly markets: MarketDirectory;
  readonly perConnectionMax: number;
  readonly feedStatus: (symbol: string) => Promise<MarketEvents["feed:status"] | null>;
  readonly log: Logger;
}

interface Planned extends SubscriptionPlan {
  readonly index: number;
}

/** Puts connections into rooms and out of them. */
export class SubscriptionDesk {
  readonly #options: SubscriptionDeskOptions;

  constructor(options: SubscriptionDeskOptions) {
    this.#options = options;
  }

  /**
   * Subscribes to each of `wanted`; a book that is subscribed already starts anew. Resolves when Redis has confirmed that
   * their events come here: `onJoined` then acknowledges, and only after it come snapshots and live events.
   */
  async subscribe(
    connection: Connection,
    wanted: readonly Subscription[],
    onJoined: (answer: SubscriptionsAnswer) => void,
  ): Promise<void> {
    const planned = this.#plan(connection, wanted, "subscribe");
    const { errors } = planned;
    connection.budget.charge(planned.plans.reduce((sum, { messages }) => sum + messages, 0));
    const plans = await this.#allowed(connection, planned.plans, errors);
    const failure = await this.#join(connection, plans);
    if (failure !== null) errors.push(...plans.map(({ index }) => ({ ...failure, index })));
    // Looked at again behind the join: who was removed in between must not stay.
    const joined = failure === null ? await this.#allowed(connection, plans, errors) : [];
    if (joined.length < plans.length) this.#drop(connection, plans, joined);
    const subscriptions = joined.map(({ name }) => name);
    onJoined({ ok: errors.length === 0, subscriptions, errors });
    if (joined.length === 0) return;
    this.#options.hub.send(connection.member, [["subscribed", { subscriptions }]]);
    for (const plan of joined) void this.#bringUpToNow(connection, plan);
  }

  unsubscribe(connection: Connection, unwanted: readonly Subscription[]): SubscriptionsAnswer {
    const { plans, errors } = this.#plan(connection, unwanted, "unsubscribe");
    const subscriptions = plans
      .map(({ name }) => name)
      .filter((name) => connection.subscriptions.delete(name));
    this.#leaveUnneeded(connection);
    this.#options.hub.send(connection.member, [["unsubscribed", { subscriptions }]]);
    return { ok: errors.length === 0, subscriptions, errors };
  }

  /** Ends a subscription that the client may no longer have, and tells it. */
  revoke(connection: Connection, name: string): void {
    if (!connection.subscriptions.delete(name)) return;
    this.#leaveUnneeded(connection);
    this.#options.hub.send(connection.member, [["unsubscribed", { subscriptions: [name] }]]);
  }

  /** Those of `plans` whose trade room the client may see; the others become errors. */
  async #allowed(
    { identity }: Connection,
    plans: readonly Planned[],
    errors: SubscriptionError[],
  ): Promise<readonly Planned[]> {
    const { redis } = this.#options;
    const checks = plans.map(async ({ tradeRoom, index }) => {
      if (tradeRoom === null || identity === null) return null;
      const seen = visibleRoom(redis, tradeRoom, identity.userId);
      return seen.then(
        () => null,
        (error: unknown) => ({ ...refusalOf(error), index }),
      );
    });
    const refusals = await Promise.all(checks);
    errors.push(...refusals.filter((refusal) => refusal !== null));
    return plans.filter((_, place) => refusals[place] === null);
  }

  #drop(connection: Connection, plans: readonly Planned[], kept: readonly Planned[]): void {
    for (const plan of plans) {
      if (!kept.includes(plan)) connection.subscriptions.delete(plan.name);
    }
    this.#leaveUnneeded(connection);
  }

  #plan(
    { identity, subscriptions }: Connection,
    asked: readonly Subscription[],
    purpose: "subscribe" | "unsubscribe",
  ): { plans: Planned[]; errors: SubscriptionError[] } {
    const { markets, perConnectionMax } = this.#options;
    const plans: Planned[] = [];
    const errors: SubscriptionError[] = [];
    const names = new Set(subscriptions.keys());
    for (const [index, subscription] of asked.entries()) {
      try {
        const plan = planSubscription(subscription, identity, markets.resolve);
        if (purpose === "subscribe" && names.size >= perConnectionMax && !names.has(plan.name)) {
          throw tooMany(perConnectionMax);
        }
        names.add(plan.name);
        plans.push({ ...plan, index });
      } catch (error) {
        errors.push({ ...refusalOf(error), index });
      }
    }
    return { plans, errors };
  }

  async #join(connection: Connection, plans: readonly Planned[]): Promise<Refusal | null> {
    const { hub } = this.#options;
    const { member, subscriptions } = connection;
    const wanted = new Set(plans.flatMap((plan) => plan.rooms));
    // A client asks for a book again because its copy broke: it needs a snapshot, so its chain starts anew.
    hub.leave(
      member,
      [...wanted].filter((room) => parseRoom(room).kind === "book"),
    );
    try {
      await hub.join(member, [...wanted]);
    } catch (error) {
      for (const { name } of plans) subscriptions.delete(name);
      this.#leaveUnneeded(connection);
      return refusalOf(error);
    }
    for (const plan of plans) subscriptions.set(plan.name, plan.rooms);
    return null;
  }

  #leaveUnneeded({ member, subscriptions }: Connection): void {
    const needed = new Set([...subscriptions.values()].flat());
    if (member.userId !== null) needed.add(rooms.user(member.userId));
    const unneeded = [...member.rooms()].filter((room) => !needed.has(room));
    this.#options.hub.leave(member, unneeded);
  }

  /** What was published before the join was confirmed is in what we read here; what comes later arrives live. */
  async #bringUpToNow({ member }: Connection, plan: SubscriptionPlan): Promise<void> {
    const { hub, log } = this.#options;
    try {
      hub.send(member, await this.#lastWords(plan));
    } catch (error) {
      log.warn({ err: error, name: plan.name }, "A new subscriber learns status and price later");
    }
    await Promise.all(plan.rooms.map((room) => openRoom(hub, member, room, undefined, log)));
  }

  async #lastWords({ symbol, tellsPrice }: SubscriptionPlan): Promise<CanonicalEvent[]> {
    if (symbol === null) return [];
    const { redis, feedStatus } = this.#options;
    const [status, price, held] = await Promise.all([
      feedStatus(symbol),
      tellsPrice ? lastEvent(redis, symbol, "price:update") : null,
      lastEvent(redis, symbol, "liquidity:held"),
    ]);
    const words: CanonicalEvent[] = [];
    if (status !== null) words.push(["feed:status", status]);
    if (price !== null) words.push(["price:update", price]);
    if (held !== null) words.push(["liquidity:held", held]);
    return words;
  }
}

/** @throws {AppError} the first error of an answer: plain clients get it as a message. */
export function throwFirst({ errors }: SubscriptionsAnswer): void {
  const [first] = errors;
  if (first !== undefined) throw new AppError(first.code, first.message);
}

const tooMany = (count: number) =>
  new AppError("TOO_MANY_SUBSCRIPTIONS", `A connection has at most ${count} subscriptions.`);

function refusalOf(error: unknown): Refusal {
  if (error instanceof AppError) return error.toRefusal();
  throw error;
}
