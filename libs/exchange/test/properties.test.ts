import { describe, expect, test } from "@jest/globals";
import type { Lots, Ticks } from "@mirrorbook/kernel";
import type { Command, PortfolioSettings } from "@mirrorbook/protocol";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import { randomNumbers } from "@mirrorbook/testkit/random";
import fc from "fast-check";
import { Exchange, type Input, MAIN_SETTINGS } from "../src/index.ts";
import { PromiseKeeper } from "./promises.ts";
import { ownedIn, randomCommand } from "./random-orders.ts";
import { START_MS, SYMBOL } from "./world.ts";

const OPTIONS = { startingBalance: "100000", makerFeeRate: "0.0007", takerFeeRate: "0.001" };
const USERS = ["alice", "bob", "carol"];
/** A trade room's portfolio with everything unlike the main one. */
const ROOM: PortfolioSettings = {
  ...MAIN_SETTINGS,
  takerFeeRate: "0.002",
  fillModel: "touch",
  heldScope: "account",
  latency: { kind: "sampled", minMs: 5, maxMs: 40 },
};

/** A random market with random traders: inputs made one by one, since orders depend on the book they meet. */
class Flow {
  readonly random: () => number;
  readonly inputs: Input[] = [];
  readonly keeper: PromiseKeeper;
  readonly #middle = 10_000;
  nowMs = START_MS;
  #bookTimeMs = START_MS;
  #commands = 0;
  #trades = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
    this.keeper = new PromiseKeeper(new Exchange(OPTIONS), ["room-1"]);
    this.apply({ kind: "market", spec: marketSpec({ rules: RULES }), atMs: this.nowMs });
    this.apply(this.#status("live"));
    this.apply(this.#snapshot());
    for (const userId of USERS) {
      this.keeper.exchange.loadUser({ userId, version: 0, fields: {} });
      const body = { startingBalance: "50000", settings: ROOM } as const;
      this.apply(
        this.#command(userId, { type: "account:open_portfolio", account: "room-1", ...body }),
      );
    }
  }

  apply(input: Input): void {
    // What falls due before a new book meets the old one: told apart, so that the keeper counts it there.
    if (input.kind === "depth" || input.kind === "snapshot") {
      this.apply({ kind: "clock", atMs: input.atMs });
    }
    this.inputs.push(input);
    this.keeper.apply(input);
  }

  step(): void {
    const { random } = this;
    this.nowMs += Math.floor(random() * 30);
    const dice = random();
    if (dice < 0.35) this.apply(this.#depth());
    else if (dice < 0.55) this.apply(this.#trade());
    else if (dice < 0.95) this.apply(this.#randomCommand());
    else if (dice < 0.97) this.apply(this.#status(random() < 0.7 ? "live" : "stale"));
    else if (dice < 0.98) this.apply(this.#snapshot());
    else this.apply({ kind: "clock", atMs: this.nowMs });
  }

  get #book() {
    return this.keeper.exchange.book(SYMBOL)!;
  }

  #status(status: "live" | "stale"): Input {
    return { kind: "status", symbol: SYMBOL, status, reason: "random", atMs: this.nowMs };
  }

  #snapshot(): Input {
    const levels = (direction: 1 | -1) =>
      Array.from({ length: 12 }, (_, i) => i + 1)
        .filter(() => this.random() < 0.8)
        .map((away) => [this.#middle + direction * away, this.#size()] as [Ticks, Lots]);
    const lastUpdateId = this.#book.lastUpdateId + 1;
    const snapshot = { symbol: SYMBOL, lastUpdateId, bids: levels(-1), asks: levels(1) };
    return { kind: "snapshot", snapshot, atMs: this.nowMs };
  }

  /** Changes near the touch; never leaves the book crossed. */
  #depth(): Input {
    const { random } = this;
    const change = (side: "bid" | "ask"): [Ticks, Lots][] => {
      const opposite = side === "bid" ? this.#book.bestAsk() : this.#book.bestBid();
      const price = this.#middle + Math.round((random() * 2 - 1) * 8);
      const crosses =
        opposite !== undefined && (side === "bid" ? price >= opposite : price <= opposite);
      const size = crosses || random() < 0.3 ? 0 : this.#size();
      return [[price as Ticks, size as Lots]];
    };
    this.#bookTimeMs = Math.max(this.#bookTimeMs, this.nowMs - Math.floor(random() * 20));
    const next = this.#book.lastUpdateId + 1;
    const bids = random() < 0.7 ? change("bid") : [];
    return {
      kind: "depth",
      event: {
        symbol: SYMBOL,
        firstUpdateId: next,
        finalUpdateId: next,
        exchangeTimeMs: this.#bookTimeMs,
        bids,
        asks: bids.length > 0 && bids[0]![1] > 0 ? [] : change("ask"),
      },
      atMs: this.nowMs,
    };
  }

  #trade(): Input {
    const buyerIsMaker = this.random() < 0.5;
    const best = (buyerIsMaker ? this.#book.bestBid() : this.#book.bestAsk()) ?? this.#middle;
    const trade = {
      symbol: SYMBOL,
      tradeId: ++this.#trades,
      price: (best + Math.round((this.random() - 0.5) * 4)) as Ticks,
      size: this.#size() as Lots,
      buyerIsMaker,
      tradeTimeMs: this.nowMs - Math.floor(this.random() * 25),
    };
    return { kind: "trade", trade, atMs: this.nowMs };
  }

  #randomCommand(): Input {
    const userId = USERS[Math.floor(this.random() * USERS.length)]!;
    const fields = this.keeper.stored.get(userId)?.fields ?? {};
    const body = randomCommand({
      random: this.random,
      book: this.#book,
      stepLots: 10,
      stepsMax: 2_000,
      reachTicks: 12,
      accounts: ["main", "main", "room-1"],
      nowMs: this.nowMs,
      openOrders: Object.keys(fields)
        .filter((field) => field.startsWith("order/"))
        .map((field) => field.slice("order/".length)),
      owned: ownedIn(fields, "SIM_BTC", 10, 4),
    });
    return this.#command(userId, body);
  }

  #command(userId: string, body: Command["body"]): Input {
    const id = `${this.nowMs}-${++this.#commands}`;
    const command = { id, userId, key: `key-${id}`, replyTo: "test", requestId: 0, body };
    return { kind: "command", command, atMs: this.nowMs };
  }

  #size(): number {
    return 1 + Math.floor(this.random() ** 2 * 5_000);
  }
}

const RULES = {
  ...marketSpec().rules,
  lot: { min: "0.0010", max: "10000", step: "0.0010" },
  notional: {
    min: "0.5",
    applyMinToMarket: true,
    max: null,
    applyMaxToMarket: false,
    avgPriceMins: 1,
  },
};

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe("random trading on a random market", () => {
  test("property: P1, P4, P5 and an order's life hold after every step", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const flow = new Flow(seed);
        for (let i = 0; i < 400; i++) flow.step();
        for (const total of flow.keeper.sums.totals().values()) expect(total.toString()).toBe("0");
        for (const [name, count] of flow.keeper.counts)
          seen.set(name, (seen.get(name) ?? 0) + count);
      }),
      { numRuns: 40 },
    );
    // The promises were really put to the test: every kind of event came up.
    const expected = [
      "order:triggered",
      "order:filled",
      "order:expired",
      "order:amended",
      "order:cancelled",
    ];
    const further = [
      "order:queue_moved",
      "order:partially_filled",
      "order:rejected",
      "position:closed",
    ];
    expect([...expected, ...further].filter((name) => !seen.has(name))).toEqual([]);
  });

  test("property: the same inputs give the same outcomes and digest", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const flow = new Flow(seed);
        for (let i = 0; i < 150; i++) flow.step();
        const again = new Exchange(OPTIONS);
        for (const userId of USERS) again.loadUser({ userId, version: 0, fields: {} });
        for (const input of flow.inputs) again.apply(input);
        expect(again.digest()).toBe(flow.keeper.exchange.digest());
      }),
      { numRuns: 15 },
    );
  });

  test("property: a leader that takes over from what is stored goes on exactly as the first would have", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 10, max: 300 }), (seed, takeOverAt) => {
        const flow = new Flow(seed);
        for (let i = 0; i < takeOverAt; i++) flow.step();
        const second = standby(flow);
        expect(second.digest()).toBe(flow.keeper.exchange.digest());
        const before = flow.inputs.length;
        for (let i = 0; i < 100; i++) flow.step();
        for (const input of flow.inputs.slice(before)) second.apply(input);
        expect(second.digest()).toBe(flow.keeper.exchange.digest());
      }),
      { numRuns: 30 },
    );
  });
});

/** An exchange that saw the market but no user, then loads what commits have stored: fields in another order. */
function standby(flow: Flow): Exchange {
  const { exchange, stored } = flow.keeper;
  const second = new Exchange(OPTIONS);
  for (const input of flow.inputs) if (input.kind !== "command") second.apply(input);
  for (const userId of [...USERS].reverse()) {
    const { version, fields } = stored.get(userId) ?? { version: 0, fields: {} };
    second.loadUser({
      userId,
      version,
      fields: Object.fromEntries(Object.entries(fields).reverse()),
    });
  }
  const accounts = ["global", "room-1"];
  second.loadHeld(
    accounts.flatMap((scope) => {
      const { bids, asks } = exchange.held(SYMBOL, scope);
      const change = (side: "bid" | "ask") => (level: readonly [string, string]) => ({
        symbol: SYMBOL,
        scope,
        side,
        price: level[0],
        size: level[1],
      });
      return [...bids.map(change("bid")), ...asks.map(change("ask"))];
    }),
  );
  return second;
}
