/** P1, P2, P4 and P7 on real processes: one user on two gateways, another beside. */
import { expect, test } from "@jest/globals";
import { Amount } from "@mirrorbook/kernel";
import type { Balance, PlacedOrder, UserEvent } from "@mirrorbook/protocol";
import { eventually, startCluster, type TestClient } from "@mirrorbook/testkit";

const BOOK_UPDATES_MIN = 25;

test("a user on two gateways places on either and hears everything on both, in order and whole", async () => {
  await using cluster = await startCluster({ leaders: 2, gateways: 2 });
  const first = await cluster.client("alice", { gateway: 0 });
  const second = await cluster.client("alice", { gateway: 1 });
  const stranger = await cluster.client("mallory", { gateway: 1 });
  const since = (await first.connected()).seq ?? 0;

  const placed: PlacedOrder[] = [];
  for (const [index, client] of [first, second, second, first, second, first].entries()) {
    const { status, body } = await client.rest<PlacedOrder>("POST", "orders", {
      clientOrderId: `order-${index}`,
      pair: index % 3 === 2 ? "ETH/USDT" : "BTCUSDT",
      side: index > 3 ? "sell" : "buy",
      type: "market",
      ...(index > 3 ? { quantity: "0.005" } : { quoteQuantity: "250" }),
    });
    expect({ index, status, body }).toMatchObject({
      status: 201,
      body: { order: { status: "filled" } },
    });
    placed.push(body);
  }

  const log = await eventsSince(first, since);
  const numbers = Array.from({ length: log.length }, (_, index) => since + 1 + index);
  expect(log.map(([, payload]) => payload.seq)).toEqual(numbers);
  for (const client of [first, second]) {
    await eventually(() => expect(client.seqs).toEqual(numbers));
    expect(client.userEvents).toEqual(log);
  }
  for (const { order } of placed) {
    const told = log.filter(([, payload]) => "order" in payload && payload.order.id === order.id);
    expect(told.map(([name]) => name)).toEqual([
      "order:created",
      "order:submitted",
      "order:filled",
    ]);
  }
  expect(
    stranger.userEvents.filter(([, payload]) => JSON.stringify(payload).includes("order")),
  ).toEqual([]);
  await expectBalanced(first, second, log);
});

test("both gateways show the same book, number by number, with checksums that prove it", async () => {
  await using cluster = await startCluster({ gateways: 2 });
  const clients = await Promise.all([
    cluster.client("alice", { gateway: 0 }),
    cluster.client("bob", { gateway: 1 }),
  ]);
  for (const depth of [20, 100] as const) {
    const [here, there] = await Promise.all(clients.map((client) => client.book("BTCUSDT", depth)));
    await eventually(
      () => expect(Math.min(here!.updates, there!.updates)).toBeGreaterThan(BOOK_UPDATES_MIN),
      { withinMs: 20_000 },
    );
    expect([...here!.faults, ...there!.faults]).toEqual([]);
    const shared = [...here!.checksums].filter(([seq]) => there!.checksums.has(seq));
    expect(shared.length).toBeGreaterThan(BOOK_UPDATES_MIN / 2);
    for (const [seq, checksum] of shared) expect(there!.checksums.get(seq)).toBe(checksum);
  }
});

/** The log as REST gives it: the same events that were sent live (P2). */
async function eventsSince(client: TestClient, since: number): Promise<UserEvent[]> {
  const { body } = await client.rest<{ events: UserEvent[] }>("GET", `events?since=${since}`);
  return body.events;
}

/** What the events tell, what each gateway reads and what trading cost are the same money, to the last digit. */
async function expectBalanced(first: TestClient, second: TestClient, log: readonly UserEvent[]) {
  const answers = await Promise.all(
    [first, second].map((client) => client.rest<{ balances: Balance[] }>("GET", "balances")),
  );
  const [balances, same] = answers.map(({ body }) => body.balances);
  expect(same).toEqual(balances);

  const moved = new Map<string, Amount>();
  const add = (asset: string, amount: Amount) =>
    moved.set(asset, (moved.get(asset) ?? new Amount(0)).plus(amount));
  add("SIM_USD", new Amount(100_000));
  for (const [name, payload] of log) {
    if (name !== "trade:executed") continue;
    const { pair, side, quantity, price, value, fee, feeAsset } = payload.trade;
    expect(new Amount(quantity).times(price).eq(value)).toBe(true);
    const [base, quote] = pair.split("/") as [string, string];
    const direction = side === "buy" ? 1 : -1;
    add(base, new Amount(quantity).times(direction));
    add(quote, new Amount(value).times(-direction));
    add(feeAsset, new Amount(fee).neg());
  }
  for (const { asset, total, available, locked } of balances!) {
    expect([asset, new Amount(total).toFixed()]).toEqual([asset, moved.get(asset)?.toFixed()]);
    expect(new Amount(available).plus(locked).eq(total)).toBe(true);
  }
}
