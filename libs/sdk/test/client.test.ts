import { expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import {
  ApiError,
  type ConnectOptions,
  connect,
  requestJson,
  signInAsGuest,
} from "../src/index.ts";
import { SmallNode, SmallWorld } from "./small-world.ts";

const QUICK = { backoff: { baseMs: 10, maxMs: 50 } } as const;
const MARKET_BUY = { pair: "BTC", side: "buy", type: "market", quantity: "1" } as const;

/** A client that notes what it is told; closed by `await using`. */
function listen(urls: readonly string[], options: Partial<ConnectOptions> = {}) {
  const client = connect({ urls, token: "t", ...QUICK, ...options });
  const told: number[] = [];
  const resyncs: unknown[] = [];
  client.onUserEvent(([, { seq }]) => told.push(seq));
  client.on("resync", (resync) => resyncs.push(resync));
  return {
    client,
    told,
    resyncs,
    dollars: () => client.balances.getSnapshot().items[0]?.total,
    [Symbol.dispose]: () => client.close(),
  };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test("C1: events come once and in order, over a cut connection and a change of node", async () => {
  const world = new SmallWorld();
  await using first = await SmallNode.start("gateway-1", world);
  await using second = await SmallNode.start("gateway-2", world);
  using own = listen([first.url, second.url]);
  expect(await own.client.whenConnected()).toBe(true);

  for (let i = 1; i <= 5; i++) world.tellBalance(String(i));
  await eventually(() => expect(own.told).toEqual(upTo(5)));
  first.cut();
  for (let i = 6; i <= 9; i++) world.tellBalance(String(i)); // Nobody is there to hear these.
  await eventually(() => expect(own.client.connection.getSnapshot().node).toBe("gateway-2"));
  world.tellBalance("10");

  await eventually(() => expect(own.told).toEqual(upTo(10)));
  expect(own.dollars()).toBe("10");
  expect(own.client.connection.getSnapshot()).toMatchObject({ status: "live", reconnects: 1 });
});

test("C1: an event swallowed on the way is fetched when the next one shows the hole", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  await own.client.whenConnected();

  world.tellBalance("1");
  node.deaf = true;
  world.tellBalance("2");
  world.tellBalance("3");
  node.deaf = false;
  world.tellBalance("4");

  await eventually(() => expect(own.told).toEqual(upTo(4)));
  expect(node.count("resume")).toBe(1);
});

test("C1: a remembered position brings what happened while the program was off", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  {
    using own = listen([node.url], { storage });
    await own.client.whenConnected();
    world.tellBalance("1");
    await eventually(() => expect(own.told).toEqual([1]));
  }
  world.tellBalance("2");
  world.tellBalance("3");
  using own = listen([node.url], { storage });
  await eventually(() => expect(own.told).toEqual([2, 3]));
});

test("past the retention the state is reloaded and the client is told, then it goes on", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  await own.client.whenConnected();
  world.tellBalance("1");
  await eventually(() => expect(own.told).toEqual([1]));

  node.deaf = true;
  for (let i = 2; i <= 6; i++) world.tellBalance(String(i));
  world.trimmedTo = 4;
  node.deaf = false;
  node.cut();
  await eventually(() => expect(own.dollars()).toBe("6"));
  expect(own.resyncs).toHaveLength(1);
  world.tellBalance("7");
  await eventually(() => expect(own.told).toEqual([1, 7]));
});

test("a server that starts over with an empty log is accepted, and the state reloaded", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  await own.client.whenConnected();
  for (let i = 1; i <= 3; i++) world.tellBalance(String(i));
  await eventually(() => expect(own.told).toEqual(upTo(3)));

  world.log.length = 0;
  node.cut();
  await eventually(() => expect(own.client.connection.getSnapshot().reconnects).toBe(1));
  await eventually(() => expect(own.client.balances.getSnapshot().items).toEqual([]));
  world.tellBalance("9");
  await eventually(() => expect(own.dollars()).toBe("9"));
});

test.each(["spoil", "lose"] as const)(
  "C2: a book heals after a change is hit by %s",
  async (fault) => {
    const world = new SmallWorld();
    await using node = await SmallNode.start("gateway-1", world);
    using own = listen([node.url]);
    const book = own.client.book("BTCUSDT");
    const shown: (string | undefined)[] = [];
    book.subscribe(() => {
      const { book: view, current } = book.getSnapshot();
      if (current) shown.push(view?.bids[0]?.[1]);
    });
    await eventually(() => expect(book.getSnapshot().current).toBe(true));
    world.moveBook("2.0");
    await eventually(() => expect(book.getSnapshot().book?.seq).toBe(2));
    world.moveBook("3.0", fault);
    world.moveBook("4.0");
    await eventually(() => expect(book.getSnapshot()).toMatchObject({ current: true, repairs: 1 }));
    world.moveBook("5.0");
    await eventually(() => expect(book.getSnapshot().book?.seq).toBe(5));
    expect(shown).not.toContain("3.0"); // Never a state that was not proved.
    expect(book.getSnapshot().book?.bids).toEqual(world.book.bids);
  },
);

test("C2: after a reconnect the book is marked as not current until its snapshot is there", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  const book = own.client.book("BTC");
  const currents: boolean[] = [];
  book.subscribe(() => currents.push(book.getSnapshot().current));
  await eventually(() => expect(book.getSnapshot().current).toBe(true));
  node.cut();
  world.moveBook("7.0");
  await eventually(() => expect(book.getSnapshot().book?.bids).toEqual([["100.00", "7.0"]]));
  expect(currents).toContain(false);
});

test("C3: an order whose answer is lost takes effect once, and its first answer arrives", async () => {
  const world = new SmallWorld();
  await using first = await SmallNode.start("gateway-1", world);
  await using second = await SmallNode.start("gateway-2", world);
  using own = listen([first.url, second.url]);
  await own.client.whenConnected();
  first.dieOnOrder = true;

  const answer = await own.client.placeOrder(MARKET_BUY);

  expect(answer).toMatchObject({ ok: true, replayed: true, value: { order: { id: "o1" } } });
  expect(world.placed.size).toBe(1);
  expect(second.count("order:place")).toBe(1);
  await eventually(() => expect(own.told).toEqual([1]));
});

test("C3: refusals that say nothing about the order are repeated with the same id, others are not", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  node.refuseOrders.push("UNAVAILABLE", "OUTCOME_UNKNOWN");
  expect(await own.client.placeOrder(MARKET_BUY)).toMatchObject({ ok: true });
  const ids = node.received.flatMap(({ name, body }) =>
    name === "order:place" ? [(body as { clientOrderId: string }).clientOrderId] : [],
  );
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  const sentAt = node.received.flatMap(({ name, body }) =>
    name === "order:place" ? [(body as { sentAt: number }).sentAt] : [],
  );
  expect(sentAt).toEqual([...new Set(sentAt)].sort((left, right) => left - right));

  node.refuseOrders.push("MARKET_STALE");
  expect(await own.client.placeOrder(MARKET_BUY)).toMatchObject({
    error: { code: "MARKET_STALE" },
  });
  expect(node.count("order:place")).toBe(4);
});

test("C3: with no server in reach an order is refused as not sent", async () => {
  using own = listen(["http://127.0.0.1:9"]);
  const answer = await own.client.placeOrder(MARKET_BUY, { retryForMs: 100 });
  expect(answer).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
});

test("C4: many listeners make one subscription, all of a turn in one message", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  using own = listen([node.url]);
  await own.client.whenConnected();
  own.client.ticker("BTC").subscribe(() => {});
  own.client.ticker("BTCUSDT").subscribe(() => {});
  own.client.tape("BTC").subscribe(() => {});
  own.client.book("BTC", 100).subscribe(() => {});
  await eventually(() => expect(node.count("subscribe")).toBe(1));
  expect(node.received.find(({ name }) => name === "subscribe")?.body).toHaveLength(3);
});

test("a wrong token ends the session with its code instead of hammering the server", async () => {
  await using node = await SmallNode.start("gateway-1", new SmallWorld());
  using own = listen([node.url], { token: "bad" });
  await eventually(() =>
    expect(own.client.connection.getSnapshot()).toMatchObject({
      status: "closed",
      ended: { code: "UNAUTHORIZED" },
    }),
  );
});

test("a draining server is left for another one before it hangs up", async () => {
  const world = new SmallWorld();
  await using first = await SmallNode.start("gateway-1", world);
  await using second = await SmallNode.start("gateway-2", world);
  using own = listen([first.url, second.url]);
  await own.client.whenConnected();
  for (const socket of first.sockets) {
    socket.emit("server:draining", { reason: "deploy", reconnectWithinMs: 100 });
  }
  await eventually(() => expect(own.client.connection.getSnapshot().node).toBe("gateway-2"));
  expect(own.client.connection.getSnapshot().lastDrop?.reason).toContain("draining");
  expect(second.sockets.size).toBe(1);
});

test("an address learnt later is gone on with when the first one fails", async () => {
  const world = new SmallWorld();
  await using second = await SmallNode.start("gateway-2", world);
  const first = await SmallNode.start("gateway-1", world);
  using own = listen([first.url]);
  await own.client.whenConnected();
  own.client.addUrls([`${second.url}/`]);
  await first[Symbol.asyncDispose]();
  await eventually(() => expect(own.client.connection.getSnapshot().node).toBe("gateway-2"));
});

test("the round trip and the clock skew are measured", async () => {
  await using node = await SmallNode.start("gateway-1", new SmallWorld());
  using own = listen([node.url]);
  await eventually(() => expect(own.client.connection.getSnapshot().rttMs).not.toBeNull());
  expect(own.client.connection.getSnapshot().skewMs).not.toBeNull();
});

test("REST failures carry the code of the contract, and an absent server is UNAVAILABLE", async () => {
  await using node = await SmallNode.start("gateway-1", new SmallWorld());
  expect((await signInAsGuest(node.url)).token).toBe("t");
  await expect(requestJson(node.url, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(requestJson("http://127.0.0.1:9", "x")).rejects.toBeInstanceOf(ApiError);
});
