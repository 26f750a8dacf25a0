/** Two leaders in this process on one Redis, each behind a wire that can be cut or frozen. */
import { describe, expect, test } from "@jest/globals";
import type { UserEvent } from "@mirrorbook/protocol";
import { readEvents, readHistory, readLeaseHolder, readUserState } from "@mirrorbook/store";
import { eventually } from "@mirrorbook/testkit";
import { limitOrder, marketOrder } from "./fixtures.ts";
import { HandFeed, TestExchange } from "./support.ts";

const ONE = 100_000;
const btcFeed = () =>
  new HandFeed(
    [[9_999_00, 2 * ONE]],
    [
      [10_000_00, ONE],
      [10_001_00, 50 * ONE],
    ],
  );
const open = { type: "account:open" } as const;

async function eventsOf(exchange: TestExchange, userId: string): Promise<readonly UserEvent[]> {
  const read = await readEvents(exchange.redis, userId, 0);
  if (read.kind === "expired") throw new Error("events are gone");
  expect(read.events.map(([, { seq }]) => seq)).toEqual(read.events.map((_, i) => i + 1));
  return read.events;
}

async function filledNames(exchange: TestExchange, userId: string): Promise<string[]> {
  const names = (await eventsOf(exchange, userId)).map(([name]) => name);
  return names.filter((name) => name === "order:filled" || name === "trade:executed");
}

describe("when the leader vanishes", () => {
  test("the standby takes over, and what users took stays taken (P5)", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await exchange.submit("alice", "open", open);
    await exchange.submit("alice", "o1", marketOrder({ quantity: "1" }));

    first!.wire.cut();
    const bob = exchange.submit("bob", "open", open);
    await eventually(() => expect(second!.leader.role).toBe("active"));
    expect(await bob).toMatchObject({ ok: true });
    const placed = await exchange.submit("bob", "o1", marketOrder({ quantity: "1" }));
    expect(placed).toMatchObject({ value: { trades: [{ price: "10001.00", quantity: "1" }] } });
    expect(first!.leader.role).toBe("standby");
    expect(exchange.faults).toEqual([]);
  });

  test("its open orders are filled by the next one, without a word from their owners", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await exchange.submit("alice", "open", open);
    await exchange.submit("alice", "o1", limitOrder({ price: "9999.50", quantity: "1" }));

    first!.wire.cut();
    await eventually(() => expect(second!.leader.role).toBe("active"));
    exchange.feed.trade(9_999_00, ONE, true);
    await eventually(async () =>
      expect(await filledNames(exchange, "alice")).toEqual(["trade:executed", "order:filled"]),
    );
    expect((await readUserState(exchange.redis, "alice"))?.openOrders).toEqual([]);
  });

  // The first leader fills alice's order while its wire is frozen: its writes wait in a socket. The second one takes
  // over and fills the order too. Then the wire thaws, and the first leader's writes arrive.
  test("what it still had on its way is refused when it arrives", async () => {
    await using exchange = await TestExchange.start(btcFeed());
    const [first, second] = await exchange.leaders(2);
    await exchange.submit("alice", "open", open);
    await exchange.submit("alice", "o1", limitOrder({ price: "9999.50", quantity: "1" }));

    first!.wire.freeze();
    exchange.feed.trade(9_999_00, ONE, true);
    await eventually(() => expect(second!.leader.role).toBe("active"));
    expect(await filledNames(exchange, "alice")).toEqual([]);
    exchange.feed.trade(9_999_00, ONE, true);
    await eventually(async () => expect(await filledNames(exchange, "alice")).toHaveLength(2));

    first!.wire.restore();
    await exchange.submit("alice", "o2", marketOrder({ side: "sell", quantity: "0.5" }));
    expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(2);
    const holder = await readLeaseHolder(exchange.redis);
    expect(holder?.epoch).toBe(second!.leader.epoch);
    expect(first!.leader.role).toBe("standby");
  });
});

test("commands sent while leaders come and go take effect once each", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  const leaders = await exchange.leaders(2);
  await exchange.submit("alice", "open", open);
  const orders = 60;
  const placing = Array.from({ length: orders }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 100));
    return exchange.submit("alice", `o${i}`, marketOrder({ quantity: "0.01" }));
  });
  for (const at of [1, 0, 1]) {
    await eventually(() => expect(leaders[1 - at]!.leader.role).toBe("active"));
    leaders[1 - at]!.wire.cut();
    await eventually(() => expect(leaders[at]!.leader.role).toBe("active"));
    leaders[1 - at]!.wire.restore();
  }
  const answers = await Promise.all(placing);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(orders);
  await eventsOf(exchange, "alice");
  expect(exchange.faults).toEqual([]);
});

test("a leader that stops hands over with everything answered, long before its lease would run out", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  const [first, second] = await exchange.leaders(2);
  await exchange.submit("alice", "open", open);
  const placing = Array.from({ length: 50 }, (_, i) =>
    exchange.submit("alice", `o${i}`, marketOrder({ quantity: "0.01" })),
  );
  await first!.stop();
  expect((await readLeaseHolder(exchange.redis))?.node).not.toBe("leader-1");
  await eventually(() => expect(second!.leader.role).toBe("active"));
  for (const answer of await Promise.all(placing)) expect(answer.ok).toBe(true);
  expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(50);
});

test("a restart of Redis is survived: nothing acknowledged is lost, and trading resumes", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  const [first] = await exchange.leaders(2);
  await exchange.submit("alice", "open", open);
  await exchange.submit("alice", "o1", marketOrder({ quantity: "0.5" }));
  await exchange.submit("alice", "o2", limitOrder({ price: "9999.50", quantity: "1" }));

  await exchange.server.restart();
  const placed = await exchange.submit("alice", "o3", marketOrder({ quantity: "1" }));
  expect(placed).toMatchObject({
    value: { trades: [{ price: "10000.00", quantity: "0.5" }, { price: "10001.00" }] },
  });
  exchange.feed.trade(9_999_00, ONE, true);
  await eventually(async () =>
    expect(await filledNames(exchange, "alice")).toContain("order:filled"),
  );
  await eventually(async () =>
    expect((await readUserState(exchange.redis, "alice"))?.openOrders).toEqual([]),
  );
  expect(first!.leader.role).toMatch(/active|standby/);
  expect(exchange.faults).toEqual([]);
});

test("a Redis that hangs longer than the lease costs a term, and nothing else", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  await exchange.leaders(1);
  await exchange.submit("alice", "open", open);
  exchange.server.pause();
  const placing = exchange.submit("alice", "o1", marketOrder({ quantity: "1" }));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  exchange.server.resume();
  expect(await placing).toMatchObject({ ok: true });
  expect((await readHistory(exchange.redis, "alice", "trades")).items).toHaveLength(1);
  expect(exchange.faults).toEqual([]);
});

test("a command that broke an invariant before is set aside, and its sender is told", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  const placing = exchange.submit("alice", "open", open);
  await eventually(async () => expect(await exchange.redis.xlen("commands")).toBe(1));
  const [[id]] = (await exchange.redis.xrange("commands", "-", "+")) as [[string, string[]]];
  await exchange.redis.hset("commands:poisoned", id, "Broken invariant");
  await exchange.leader();
  expect(await placing).toMatchObject({ ok: false, error: { code: "INTERNAL" } });
  expect(await exchange.submit("alice", "open again", open)).toMatchObject({ ok: true });
});

test("commands older than ten seconds are refused instead of coming to life", async () => {
  await using exchange = await TestExchange.start(btcFeed());
  const fields = ["u", "alice", "k", "old", "t", "nobody", "r", "1", "b", JSON.stringify(open)];
  await exchange.redis.xadd("commands", `${Date.now() - 11_000}-0`, ...fields);
  await exchange.leader();
  await exchange.submit("bob", "open", open);
  expect(await readUserState(exchange.redis, "alice")).toBeNull();
  expect(await readUserState(exchange.redis, "bob")).not.toBeNull();
});
