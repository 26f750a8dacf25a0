import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Order } from "@mirrorbook/protocol";
import {
  findOrder,
  isHistoryCursor,
  keys,
  type RedisClient,
  readEvents,
  readHistory,
  readUserState,
  UserWriter,
} from "../src/index.ts";
import { balanceEvent, outcome, startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;
let writer: UserWriter;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.flushall();
  writer = new UserWriter(redis, store.packets, 1);
  await writer.claim(["alice"]);
});

describe("missed events", () => {
  beforeEach(async () => {
    for (let version = 0; version < 5; version++) {
      const events = [balanceEvent(version + 1)];
      await writer.commit(outcome({ version, lastSeq: version, events }));
    }
  });
  const seqs = async (since: number, limit?: number) => {
    const read = await readEvents(redis, "alice", since, limit);
    return read.kind === "events" ? read.events.map(([, { seq }]) => seq) : read;
  };
  const trimTo = (seq: number) => redis.xtrim(keys.userEvents("alice"), "MINID", `${seq}-0`);

  test.each([
    ["from the beginning", 0, [1, 2, 3, 4, 5]],
    ["from the middle", 3, [4, 5]],
    ["from the end: none", 5, []],
  ])("are read %s", async (_, since, expected) => expect(await seqs(since)).toEqual(expected));

  test("are read in pages", async () => expect(await seqs(1, 2)).toEqual([2, 3]));

  test("that are no longer kept are said to be gone, never skipped", async () => {
    await trimTo(3);
    expect(await seqs(1)).toEqual({ kind: "expired", lastSeq: 5 });
    expect(await seqs(2)).toEqual([3, 4, 5]);
  });

  test("of a number that was never reached: reload", async () => {
    expect(await seqs(6)).toEqual({ kind: "expired", lastSeq: 5 });
  });

  test("of a user without any are none", async () => {
    expect(await readEvents(redis, "bob", 0)).toEqual({ kind: "events", events: [], lastSeq: 0 });
  });
});

describe("events of one commit, which are kept together,", () => {
  beforeEach(async () => {
    await writer.commit(outcome({ events: [1, 2, 3].map((seq) => balanceEvent(seq)) }));
    await writer.commit(
      outcome({ version: 1, lastSeq: 3, events: [4, 5].map((seq) => balanceEvent(seq)) }),
    );
  });
  const seqs = async (since: number, limit?: number) => {
    const read = await readEvents(redis, "alice", since, limit);
    return read.kind === "events" ? read.events.map(([, { seq }]) => seq) : read;
  };

  test("are read from any of them on", async () => {
    expect(await seqs(0)).toEqual([1, 2, 3, 4, 5]);
    expect(await seqs(1)).toEqual([2, 3, 4, 5]);
    expect(await seqs(3)).toEqual([4, 5]);
    expect(await seqs(4)).toEqual([5]);
  });

  test("are read in pages that end within them", async () => {
    expect(await seqs(0, 2)).toEqual([1, 2]);
    expect(await seqs(2, 2)).toEqual([3, 4]);
  });

  test("are gone together", async () => {
    await redis.xtrim(keys.userEvents("alice"), "MINID", "4-0");
    expect(await seqs(2)).toEqual({ kind: "expired", lastSeq: 5 });
    expect(await seqs(3)).toEqual([4, 5]);
  });
});

test("history comes newest first, in pages", async () => {
  const orders = (from: number) =>
    Array.from({ length: 3 }, (_, i) => ({ id: `o${from + i}` }) as Order);
  await writer.commit(outcome({ closedOrders: orders(1) }));
  await writer.commit(outcome({ version: 1, closedOrders: orders(4) }));
  const first = await readHistory(redis, "alice", "orders", { limit: 4 });
  expect(first.items.map(({ id }) => id)).toEqual(["o6", "o5", "o4", "o3"]);
  expect(isHistoryCursor(first.nextCursor!)).toBe(true);
  const second = await readHistory(redis, "alice", "orders", { cursor: first.nextCursor });
  expect(second).toEqual({ items: [{ id: "o2" }, { id: "o1" }], nextCursor: null });
  const one = await readHistory(redis, "alice", "orders", { limit: 1 });
  const next = await readHistory(redis, "alice", "orders", { cursor: one.nextCursor, limit: 2 });
  expect(next.items.map(({ id }) => id)).toEqual(["o5", "o4"]);
  const whole = await readHistory(redis, "alice", "orders", { limit: 6 });
  expect(whole.nextCursor).toBeNull();
  // A page that ends with a commit's oldest item is not the last one.
  await writer.commit(outcome({ version: 2, closedOrders: orders(7).slice(0, 1) }));
  const newest = await readHistory(redis, "alice", "orders", { limit: 1 });
  const after = await readHistory(redis, "alice", "orders", {
    cursor: newest.nextCursor,
    limit: 2,
  });
  expect(after.items.map(({ id }) => id)).toEqual(["o6", "o5"]);
  expect(after.nextCursor).not.toBeNull();
});

test("an order is found while it is open and after", async () => {
  await writer.commit(
    outcome({
      changes: [["order/open", JSON.stringify({ order: { id: "open" } })]],
      closedOrders: [{ id: "closed" } as Order],
    }),
  );
  const find = (id: string) => findOrder(redis, "alice", (order) => order.id === id);
  expect(await Promise.all(["open", "closed", "other"].map(find))).toEqual([
    { id: "open" },
    { id: "closed" },
    null,
  ]);
});

test("a user's state is its public part and the number of the last event", async () => {
  const events = [balanceEvent(1)];
  const portfolio = { account: "main", deposited: "100000", realizedPnL: "0" };
  const changes = [
    ["balance/main/SIM_USD", JSON.stringify({ asset: "SIM_USD" })],
    ["account/main", JSON.stringify({ ...portfolio, more: "of the exchange's own" })],
  ] as const;
  await writer.commit(outcome({ changes, events }));
  expect(await readUserState(redis, "alice")).toEqual({
    seq: 1,
    balances: [{ asset: "SIM_USD" }],
    positions: [],
    portfolios: [portfolio],
    openOrders: [],
  });
});
