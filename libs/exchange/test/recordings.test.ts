/**
 * Both recorded sessions of 2024-08-08 at once (BTCUSDT and ETHUSDT, 5 min 46 s, every depth event and trade), with
 * 24,000 random commands of all kinds thrown in: no promise is broken, and a second run gives the same outcomes.
 */
import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { BookLevel, MarketSpec } from "@mirrorbook/book";
import { type Lots, parseUnits, type Ticks } from "@mirrorbook/kernel";
import type { Command, Order } from "@mirrorbook/protocol";
import { type RecordedLine, readRecording, recordingsExist } from "@mirrorbook/testkit";
import { marketSpec } from "@mirrorbook/testkit/market-spec";
import { randomNumbers } from "@mirrorbook/testkit/random";
import { Exchange, type Input, MAIN_SETTINGS } from "../src/index.ts";
import { PromiseKeeper } from "./promises.ts";
import { ownedIn, randomCommand } from "./random-orders.ts";

const FILES = ["spot-btcusdt-2024-08-08.jsonl.gz", "spot-ethusdt-2024-08-08.jsonl.gz"];
const COMMANDS = 24_000;
const OPTIONS = { startingBalance: "2000000", makerFeeRate: "0.001", takerFeeRate: "0.001" };
const USERS = Array.from({ length: 16 }, (_, i) => `user-${i}`);
const ROOM = {
  ...MAIN_SETTINGS,
  heldScope: "account",
  latency: { kind: "sampled", minMs: 20, maxMs: 120 },
} as const;

/** Steps and least values of that year: see the recordings' README. */
const SPECS: Record<string, MarketSpec> = {
  BTCUSDT: spec("BTCUSDT", "BTC", "0.00001"),
  ETHUSDT: spec("ETHUSDT", "ETH", "0.0001"),
};

function spec(symbol: string, base: string, step: string): MarketSpec {
  const market = marketSpec({
    symbol,
    pair: `SIM_${base}/SIM_USD`,
    base: `SIM_${base}`,
    sizeDecimals: 8,
  });
  const rules = {
    ...market.rules,
    price: { min: "0.01", max: "1000000", tick: "0.01" },
    lot: { min: step, max: "9000", step },
    notional: {
      min: "5",
      applyMinToMarket: true,
      max: "9000000",
      applyMaxToMarket: false,
      avgPriceMins: 1,
    },
    maxNumOrders: 200,
  };
  return { ...market, rules };
}

function marketInput({ t: atMs, kind, data }: RecordedLine): Input | null {
  const symbol: string = data.s ?? "";
  const levels = (raw: [string, string][]): BookLevel[] =>
    raw.map(([price, size]) => [parseUnits(price, 2) as Ticks, parseUnits(size, 8) as Lots]);
  if (kind === "ws" && data.e === "depthUpdate") {
    const ids = { firstUpdateId: data.U, finalUpdateId: data.u, exchangeTimeMs: data.E };
    const event = { symbol, ...ids, bids: levels(data.b), asks: levels(data.a) };
    return { kind: "depth", event, atMs };
  }
  if (kind === "ws" && data.e === "trade") {
    const [price, size] = levels([[data.p, data.q]])[0]!;
    const times = { tradeTimeMs: data.T, buyerIsMaker: data.m };
    return { kind: "trade", trade: { symbol, tradeId: data.t, price, size, ...times }, atMs };
  }
  return null;
}

function snapshotInput({ t: atMs, stream, data }: RecordedLine): Input {
  const symbol = /symbol=(\w+)/.exec(stream)![1]!;
  const levels = (raw: [string, string][]): BookLevel[] =>
    raw.map(([price, size]) => [parseUnits(price, 2) as Ticks, parseUnits(size, 8) as Lots]);
  const sides = { bids: levels(data.bids), asks: levels(data.asks) };
  return {
    kind: "snapshot",
    snapshot: { symbol, lastUpdateId: data.lastUpdateId, ...sides },
    atMs,
  };
}

/** The market's own inputs in order of receipt, each symbol from its snapshot on. */
function marketInputs(): Input[] {
  const lines = FILES.flatMap(readRecording).sort((left, right) => left.t - right.t);
  const inputs: Input[] = [];
  const started = new Set<string>();
  for (const line of lines) {
    if (line.kind === "rest") {
      const input = snapshotInput(line);
      if (input.kind === "snapshot") started.add(input.snapshot.symbol);
      inputs.push(input);
      continue;
    }
    const input = started.has(line.data.s) ? marketInput(line) : null;
    if (input !== null) inputs.push(input);
  }
  return inputs;
}

/** The run that makes the inputs: random commands depend on the book and the open orders they meet. */
class Session {
  readonly keeper = new PromiseKeeper(new Exchange(OPTIONS), ["room-1"], { auditEvery: 25 });
  readonly inputs: Input[] = [];
  readonly outcomes = createHash("sha256");
  readonly refusals = new Map<string, number>();
  readonly #random = randomNumbers(20_240_808);
  #commands = 0;

  apply(input: Input): void {
    this.inputs.push(input);
    const outcome = this.keeper.apply(input);
    this.outcomes.update(JSON.stringify(outcome));
    if (outcome.answer?.ok === false) {
      const { code } = outcome.answer.error;
      this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    }
  }

  open(atMs: number): void {
    for (const market of Object.values(SPECS)) {
      this.apply({ kind: "market", spec: market, atMs });
      this.apply({
        kind: "status",
        symbol: market.symbol,
        status: "live",
        reason: "recorded",
        atMs,
      });
    }
    const room = { account: "room-1", startingBalance: "500000", settings: ROOM } as const;
    for (const userId of USERS) {
      this.keeper.exchange.loadUser({ userId, version: 0, fields: {} });
      this.command(userId, { type: "account:open_portfolio", ...room }, atMs);
    }
  }

  randomCommand(atMs: number): void {
    const random = this.#random;
    const userId = USERS[Math.floor(random() * USERS.length)]!;
    const market = random() < 0.6 ? SPECS.BTCUSDT! : SPECS.ETHUSDT!;
    const book = this.keeper.exchange.book(market.symbol)!;
    const fields = this.keeper.stored.get(userId)?.fields ?? {};
    const openOrders = Object.entries(fields)
      .filter(([field]) => field.startsWith("order/"))
      .map(([, text]) => (JSON.parse(text) as { order: Order }).order.id);
    const isBitcoin = market.symbol === "BTCUSDT";
    const stepLots = isBitcoin ? 1_000 : 10_000;
    const body = randomCommand({
      random,
      book,
      stepLots,
      stepsMax: 100_000,
      reachTicks: isBitcoin ? 6_000 : 300,
      accounts: ["main", "main", "room-1"],
      nowMs: atMs,
      openOrders,
      owned: ownedIn(fields, market.base, stepLots, market.sizeDecimals),
    });
    this.command(userId, body, atMs);
  }

  command(userId: string, body: Command["body"], atMs: number): void {
    const id = `${atMs}-${++this.#commands}`;
    const command = { id, userId, key: `key-${id}`, replyTo: "test", requestId: 0, body };
    this.apply({ kind: "command", command, atMs });
  }
}

const testRecorded = recordingsExist ? test : test.skip;

testRecorded(
  "two recorded sessions with 24,000 random commands keep every promise, and replay exactly",
  () => {
    const session = new Session();
    const market = marketInputs();
    session.open(market[0]!.atMs);
    const spread = randomNumbers(7);
    let commands = 0;
    for (const input of market) {
      if (input.kind === "depth") session.apply({ kind: "clock", atMs: input.atMs });
      session.apply(input);
      while (commands < COMMANDS && spread() < 0.525) {
        session.randomCommand(input.atMs);
        commands++;
      }
    }
    session.keeper.auditAll();
    expect(commands).toBeGreaterThanOrEqual(20_000);
    expect(session.keeper.countOf("trade:executed")).toBeGreaterThan(5_000);
    expect(session.keeper.neverSeen()).toEqual([]);

    const again = new Exchange(OPTIONS);
    for (const userId of USERS) again.loadUser({ userId, version: 0, fields: {} });
    const outcomes = createHash("sha256");
    for (const input of session.inputs) outcomes.update(JSON.stringify(again.apply(input)));
    expect(outcomes.digest("hex")).toBe(session.outcomes.digest("hex"));
    expect(again.digest()).toBe(session.keeper.exchange.digest());
  },
  300_000,
);
