/**
 * The paper exchange: a pure, deterministic state machine. It owns books, users, orders and held liquidity, applies one
 * input at a time, and returns all that changed. It reads no clock, no randomness, no network: times come with inputs,
 * ids derive from command ids. The same inputs give the same outcomes, byte for byte.
 */
import type { Book, DepthEvent, DepthSnapshot, MarketSpec, MarketTrade } from "@mirrorbook/book";
import { invariant } from "@mirrorbook/kernel";
import type { Answer, Command, Level } from "@mirrorbook/protocol";
import { decodeUser, encodeUser, parkOrder, unparkOrders } from "./codec.ts";
import { runCommand } from "./commands/index.ts";
import { digestOf } from "./digest.ts";
import { setGate } from "./gates.ts";
import { earlierAnswer, keepAnswer } from "./idempotency.ts";
import { HELD_LEVELS_MAX, PORTFOLIOS_MAX } from "./limits.ts";
import { Market } from "./market.ts";
import { parseMoney } from "./money.ts";
import { delist, enlist } from "./order-index.ts";
import { applyLevelChange, applyNewBook, applyTradeVolume, matchCrossed } from "./resting.ts";
import { type ExchangeState, isCashMarket, marketOf } from "./state.ts";
import { Timers } from "./timers.ts";
import { applyDueTimers, resume } from "./timing.ts";
import { applyTradePrice } from "./triggers.ts";
import { Turn } from "./turn.ts";
import type { ExchangeOptions, HeldChange, Input, Outcome, StoredUser } from "./types.ts";
import type { User } from "./user.ts";

export class Exchange {
  readonly #state: ExchangeState;
  /** Held levels of markets that are not known yet. */
  readonly #parkedHeld = new Map<string, HeldChange[]>();

  constructor(options: ExchangeOptions) {
    this.#state = {
      startingBalance: parseMoney(options.startingBalance),
      makerFeeRate: parseMoney(options.makerFeeRate),
      takerFeeRate: parseMoney(options.takerFeeRate),
      markets: new Map(),
      cashMarkets: new Map(),
      users: new Map(),
      gates: new Map(),
      timers: new Timers(),
    };
  }

  /** Applies one input. What fell due before it happens first. */
  apply(input: Input): Outcome {
    const turn = new Turn(this.#state, input.atMs);
    applyDueTimers(turn);
    const answer = this.#applyInput(turn, input);
    const commits = turn.finish();
    return { commits, answer, held: this.#takeHeldChanges(), tape: turn.tape };
  }

  hasUser(userId: string): boolean {
    return this.#state.users.has(userId);
  }

  /** Takes a user's stored state in place of what is known. Version 0 without fields: it does not exist yet. */
  loadUser(stored: StoredUser): void {
    this.forgetUser(stored.userId);
    const user = decodeUser(stored);
    this.#state.users.set(user.id, user);
    if (user.cancelAtMs !== null) {
      const timer = { kind: "cancel_after", userId: user.id, orderId: "" } as const;
      this.#state.timers.set(timer, user.cancelAtMs);
    }
    for (const market of this.#state.markets.values()) this.#unpark(user, market);
  }

  /** Drops a user and its orders. */
  forgetUser(userId: string): void {
    const user = this.#state.users.get(userId);
    if (user === undefined) return;
    for (const order of user.orders.values()) delist(this.#state, order);
    this.#state.timers.clear({ kind: "cancel_after", userId, orderId: "" });
    this.#state.users.delete(userId);
  }

  /** What would have to be stored of a user; the sum of its commits. */
  storedUser(userId: string): StoredUser {
    const user = this.#state.users.get(userId);
    invariant(user !== undefined, "the user is loaded");
    const fields = encodeUser(user, (symbol) => marketOf(this.#state, symbol));
    return { userId, version: user.version, fields };
  }

  /** Takes over what is held of the books; called before matching starts. */
  loadHeld(changes: readonly HeldChange[]): void {
    for (const change of changes) {
      const market = this.#state.markets.get(change.symbol);
      if (market !== undefined) loadHeldLevel(market, change);
      else
        this.#parkedHeld.set(change.symbol, [
          ...(this.#parkedHeld.get(change.symbol) ?? []),
          change,
        ]);
    }
  }

  book(symbol: string): Book | undefined {
    return this.#state.markets.get(symbol)?.book;
  }

  spec(symbol: string): MarketSpec | undefined {
    return this.#state.markets.get(symbol)?.spec;
  }

  /** What is held of a book, best levels first, in decimal text. */
  held(symbol: string, scope: string): { readonly bids: Level[]; readonly asks: Level[] } {
    const market = this.#state.markets.get(symbol);
    if (market === undefined) return { bids: [], asks: [] };
    const levels = (side: "bid" | "ask") =>
      market.held
        .levels(scope, side)
        .slice(0, HELD_LEVELS_MAX)
        .map(({ price, size }): Level => [market.priceText(price), market.sizeText(size)]);
    return { bids: levels("bid"), asks: levels("ask") };
  }

  /** What one could sell at now, decimal text; `null` while a market has no bids. */
  bestBid(symbol: string): string | null {
    const market = this.#state.markets.get(symbol);
    const mark = market?.mark() ?? null;
    return market === undefined || mark === null ? null : market.priceText(mark);
  }

  hasPortfolio(userId: string, account: string): boolean {
    return this.#state.users.get(userId)?.portfolios.has(account) === true;
  }

  /** Whether the user may open one more portfolio. */
  mayOpenPortfolio(userId: string): boolean {
    return (this.#state.users.get(userId)?.portfolios.size ?? 0) < PORTFOLIOS_MAX;
  }

  hasOpenOrders(userId: string): boolean {
    const user = this.#state.users.get(userId);
    return user !== undefined && (user.orders.size > 0 || user.parked.size > 0);
  }

  /** A hash over everything: equal states, and only they, have equal digests. */
  digest(): string {
    return digestOf(this.#state);
  }

  #applyInput(turn: Turn, input: Input): Answer<unknown> | null {
    switch (input.kind) {
      case "market":
        this.#applyMarket(turn, input.spec);
        return null;
      case "snapshot":
        this.#applySnapshot(turn, input.snapshot);
        return null;
      case "depth":
        this.#applyDepth(turn, input.event);
        return null;
      case "trade":
        this.#applyTrade(turn, input.trade);
        return null;
      case "status": {
        const market = this.#state.markets.get(input.symbol);
        if (market === undefined) return null; // Binance can be out of reach before it has told of the market.
        const wasLive = market.isLive;
        market.status = input.status;
        market.statusReason = input.reason;
        if (!wasLive) resume(turn, market);
        return null;
      }
      case "command":
        return this.#applyCommand(turn, input.command);
      case "gate":
        setGate(turn, input.account, input.symbols);
        return null;
      case "clock":
        return null;
    }
  }

  #applyMarket(turn: Turn, spec: MarketSpec): void {
    const known = this.#state.markets.get(spec.symbol);
    const hasSameUnits =
      known?.spec.priceDecimals === spec.priceDecimals &&
      known.spec.sizeDecimals === spec.sizeDecimals;
    if (known !== undefined && hasSameUnits) {
      const wasLive = known.isLive;
      known.update(spec);
      if (!wasLive) resume(turn, known);
      return;
    }
    if (known !== undefined) this.#park(known);
    const market = new Market(spec);
    this.#state.markets.set(spec.symbol, market);
    if (isCashMarket(market)) this.#state.cashMarkets.set(spec.base, market);
    for (const user of this.#state.users.values()) this.#unpark(user, market);
    for (const change of this.#parkedHeld.get(spec.symbol) ?? []) loadHeldLevel(market, change);
    this.#parkedHeld.delete(spec.symbol);
  }

  #applySnapshot(turn: Turn, snapshot: DepthSnapshot): void {
    const market = marketOf(this.#state, snapshot.symbol);
    market.applySnapshot(snapshot);
    applyNewBook(turn, market);
    resume(turn, market);
  }

  #applyDepth(turn: Turn, event: DepthEvent): void {
    const market = marketOf(this.#state, event.symbol);
    const traded = market.pending.takeUpTo(event.exchangeTimeMs);
    market.applyDepth(event, (side, price, before, after) => {
      market.held.clamp(side, price, after);
      const sizes = { before, after, traded: traded[side].get(price) ?? 0 };
      applyLevelChange(turn, market, side, price, sizes);
    });
    if (market.isLive) matchCrossed(turn, market);
  }

  #applyTrade(turn: Turn, trade: MarketTrade): void {
    const market = marketOf(this.#state, trade.symbol);
    market.noteTrade(trade, turn.atMs);
    if (!market.contains(trade)) market.pending.add(trade);
    applyTradeVolume(turn, market, trade);
    if (market.isLive) applyTradePrice(turn, market, trade.price);
  }

  #applyCommand(turn: Turn, command: Command): Answer<unknown> {
    const user = this.#state.users.get(command.userId);
    invariant(user !== undefined, "a user is loaded before its commands are applied");
    const isPreview = command.body.type === "order:preview";
    const earlier = isPreview ? undefined : earlierAnswer(user, command);
    if (earlier !== undefined) return earlier;
    const answer = runCommand({ turn, user, command });
    if (isPreview) return answer;
    user.lastCommandId = command.id;
    turn.of(user).touchMeta();
    keepAnswer(turn, user, command, answer);
    return answer;
  }

  #unpark(user: User, market: Market): void {
    for (const order of unparkOrders(user, market)) {
      user.orders.set(order.id, order);
      user.clientOrderIds.set(order.clientOrderId, order.id);
      enlist(this.#state, order);
    }
  }

  /** Stores the orders and held levels of a market whose units change, to be read back in the new ones. */
  #park(market: Market): void {
    const { symbol } = market.spec;
    for (const user of this.#state.users.values()) {
      for (const order of [...user.orders.values()].filter((open) => open.symbol === symbol)) {
        parkOrder(user, order, market);
        delist(this.#state, order);
        user.orders.delete(order.id);
        user.clientOrderIds.delete(order.clientOrderId);
      }
    }
    this.#parkedHeld.set(
      symbol,
      market.held.all().map((level) => heldChange(market, level)),
    );
  }

  #takeHeldChanges(): HeldChange[] {
    const changes: HeldChange[] = [];
    for (const market of this.#state.markets.values()) {
      for (const level of market.held.takeChanges()) changes.push(heldChange(market, level));
    }
    return changes;
  }
}

type HeldLevel = ReturnType<Market["held"]["takeChanges"]>[number];

function heldChange(market: Market, { scope, side, price, size }: HeldLevel): HeldChange {
  return {
    symbol: market.spec.symbol,
    scope,
    side,
    price: market.priceText(price),
    size: market.sizeText(size),
  };
}

function loadHeldLevel(market: Market, { scope, side, price, size }: HeldChange): void {
  market.held.load({ scope, side, price: market.ticks(price), size: market.lots(size) });
}
