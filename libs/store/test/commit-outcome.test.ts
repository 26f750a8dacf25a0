import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Order, Posting, Trade } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import {
  keys,
  lastSeqs,
  type RedisClient,
  readEvents,
  readHistory,
  readUserState,
  UserWriter,
} from "../src/index.ts";
import { balanceEvent, outcome, startStore } from "./support.ts";

let store: Awaited<ReturnType<typeof startStore>>;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.flushall();
});

/** A writer that has claimed alice. */
async function writerOf(epoch: number): Promise<UserWriter> {
  const writer = new UserWriter(redis, store.packets, epoch);
  expect(await writer.claim(["alice"])).toMatchObject([{ kind: "claimed" }]);
  return writer;
}

/** All of alice that Redis holds. */
async function everything(): Promise<unknown> {
  const streams = [keys.userEvents, keys.userOrders, keys.userTrades, keys.userJournal];
  return [
    await redis.hgetall(keys.userState("alice")),
    ...(await Promise.all(streams.map((key) => redis.xrange(key("alice"), "-", "+")))),
  ];
}

describe("a commit", () => {
  test("writes state, numbered events and history at once", async () => {
    const writer = await writerOf(1);
    const result = await writer.commit(
      outcome({
        changes: [
          ["meta", '{"seq":2}'],
          ["balance/main/SIM_USD", '{"asset":"SIM_USD"}'],
          ["order/gone", null],
        ],
        events: [balanceEvent(1), balanceEvent(2)],
        closedOrders: [{ id: "o1" } as Order],
        trades: [{ id: "t1" } as Trade, { id: "t2" } as Trade],
        postings: [{ id: "p1" } as Posting],
      }),
    );
    expect(result).toEqual({ kind: "committed" });
    expect(await redis.hgetall(keys.userState("alice"))).toEqual({
      meta: '{"seq":2}',
      "balance/main/SIM_USD": '{"asset":"SIM_USD"}',
      version: "1",
      commit: "1.2",
      seq: "2",
    });
    expect(await readEvents(redis, "alice", 0)).toEqual({
      kind: "events",
      events: [balanceEvent(1), balanceEvent(2)],
      lastSeq: 2,
    });
    expect((await redis.xrange(keys.userTrades("alice"), "-", "+")).map(([id]) => id)).toEqual([
      "1-0",
    ]);
    expect((await readHistory(redis, "alice", "trades")).items).toEqual([
      { id: "t2" },
      { id: "t1" },
    ]);
    expect((await readHistory(redis, "alice", "orders")).items).toEqual([{ id: "o1" }]);
    expect((await readHistory(redis, "alice", "journal")).items).toEqual([{ id: "p1" }]);
  });

  test("may be silent: a new version without an event", async () => {
    const writer = await writerOf(1);
    await writer.commit(outcome({ events: [balanceEvent(1)] }));
    const silent = outcome({ version: 1, lastSeq: 1, changes: [["meta", "{}"]] });
    expect(await writer.commit(silent)).toEqual({ kind: "committed" });
    expect(await lastSeqs(redis, ["alice", "nobody"])).toEqual([1, 0]);
  });

  test("deletes the fields that a change sets to null", async () => {
    const writer = await writerOf(1);
    await writer.commit(outcome({ changes: [["order/1", "{}"]] }));
    await writer.commit(outcome({ version: 1, changes: [["order/1", null]] }));
    expect(await redis.hexists(keys.userState("alice"), "order/1")).toBe(0);
  });

  test("of more fields and events than Lua can unpack at once is written whole", async () => {
    const writer = await writerOf(1);
    const changes = Array.from({ length: 9_000 }, (_, i) => [`order/${i}`, "{}"] as const);
    const events = Array.from({ length: 4_500 }, (_, i) => balanceEvent(i + 1));
    expect(await writer.commit(outcome({ changes, events }))).toEqual({ kind: "committed" });
    expect(await redis.hlen(keys.userState("alice"))).toBe(9_003);
    expect(await lastSeqs(redis, ["alice"])).toEqual([4_500]);
  });
});

describe("a commit is refused, and changes nothing,", () => {
  test("when it was computed from another version", async () => {
    const writer = await writerOf(1);
    await writer.commit(outcome({ events: [balanceEvent(1)] }));
    const before = await everything();
    const stale = outcome({ version: 0, events: [balanceEvent(1)], changes: [["x", "1"]] });
    expect(await writer.commit(stale)).toEqual({ kind: "refused", version: 1, token: "1.2" });
    expect(await everything()).toEqual(before);
  });

  test("when its events would leave a hole in the stream", async () => {
    const writer = await writerOf(1);
    const before = await everything();
    const ahead = outcome({ lastSeq: 1, events: [balanceEvent(2)] });
    expect(await writer.commit(ahead)).toMatchObject({ kind: "refused", version: 0 });
    expect(await everything()).toEqual(before);
  });

  test("when its events have been written before", async () => {
    const writer = await writerOf(1);
    await redis.xadd(keys.userEvents("alice"), "1-0", "e", "another's");
    const before = await everything();
    expect(await writer.commit(outcome({ events: [balanceEvent(1)] }))).toMatchObject({
      kind: "refused",
    });
    expect(await everything()).toEqual(before);
  });

  test("when a leader of a later epoch has claimed the user since", async () => {
    const zombie = await writerOf(1);
    const leader = await writerOf(2);
    const before = await everything();
    expect(await zombie.commit(outcome({ events: [balanceEvent(1)] }))).toEqual({
      kind: "refused",
      version: 0,
      token: "2.1",
    });
    expect(await everything()).toEqual(before);
    expect(await leader.commit(outcome({ events: [balanceEvent(1)] }))).toEqual({
      kind: "committed",
    });
  });

  // Two writers at version 0 both compute a version 1. By number alone the loser's next commit, built on its own
  // version 1, would fit onto the winner's.
  test("when it builds on a commit of the same version that lost", async () => {
    const writer = await writerOf(1);
    await redis.hset(keys.userState("alice"), "version", 1, "commit", "1.99");
    const lost = writer.commit(outcome({ changes: [["x", "lost"]] }));
    const next = writer.commit(outcome({ version: 1, changes: [["x", "built on it"]] }));
    expect(await lost).toEqual({ kind: "refused", version: 1, token: "1.99" });
    expect(await next).toEqual({ kind: "refused", version: 1, token: "1.99" });
    expect(await redis.hexists(keys.userState("alice"), "x")).toBe(0);
  });
});

describe("a claim", () => {
  test("gives the state without the store's own fields", async () => {
    await (await writerOf(1)).commit(outcome({ changes: [["meta", '{"seq":0}']] }));
    const [claim] = await new UserWriter(redis, store.packets, 2).claim(["alice"]);
    expect(claim).toEqual({
      kind: "claimed",
      user: { userId: "alice", version: 1, fields: { meta: '{"seq":0}' } },
    });
  });

  test("is refused when a later leader was there", async () => {
    await writerOf(5);
    const [claim] = await new UserWriter(redis, store.packets, 4).claim(["alice"]);
    expect(claim).toEqual({ kind: "deposed", epoch: 5 });
  });

  // A commit got no answer. It may have arrived, be on its way, or be lost; a claim makes an end of the doubt.
  test("after a lost answer tells for good whether the commit arrived", async () => {
    const writer = await writerOf(1);
    store.server.pause();
    const doubtful = writer.commit(outcome({ events: [balanceEvent(1)] }));
    await expect(doubtful).rejects.toThrow("timed out");
    store.server.resume();

    const [claim] = await eventually(() => writer.claim(["alice"]));
    const version = claim?.kind === "claimed" ? claim.user.version : Number.NaN;
    const next = outcome({ version, lastSeq: version, events: [balanceEvent(version + 1)] });
    expect(await writer.commit(next)).toEqual({ kind: "committed" });
    expect(await lastSeqs(redis, ["alice"])).toEqual([version + 1]);
  });

  test("does not make a user exist", async () => {
    await writerOf(1);
    expect(await readUserState(redis, "alice")).toBeNull();
  });
});
