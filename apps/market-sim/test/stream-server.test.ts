import { afterEach, expect, test } from "@jest/globals";
import type { Limits } from "../src/limits.ts";
import { type MarketSim, startMarketSim } from "../src/start-market-sim.ts";
import { eventually, FollowedBook, RawClient } from "./book-client.ts";

let sim: MarketSim;
afterEach(() => sim.close());

async function start(limits: Partial<Limits> = {}, symbols = ["BTCUSDT"]): Promise<void> {
  sim = await startMarketSim({ symbols, seed: "streams", limits });
}

const refusedWith = async (path: string): Promise<number> => {
  const client = new RawClient(sim.url.replace("http", "ws") + path);
  const status = new Promise<number>((resolve) => {
    client.socket.on("unexpected-response", (_request, response) =>
      resolve(response.statusCode ?? 0),
    );
    client.socket.on("open", () => resolve(101));
  });
  const answer = await status;
  client.socket.terminate();
  return answer;
};

test("a followed synthetic book satisfies Binance's rule and agrees with every bookTicker", async () => {
  await start({}, ["BTCUSDT", "XRPUSDT"]);
  const books = await Promise.all(
    ["BTCUSDT", "XRPUSDT"].map((symbol) => FollowedBook.follow(sim, symbol, { waitForDiffs: 2 })),
  );
  await eventually(
    () => books.every(({ book, failure }) => book.applied >= 20 || failure),
    "20 diffs",
  );
  for (const { book, failure, client } of books) {
    expect(failure).toBeUndefined();
    expect(book.compared).toBeGreaterThan(0);
    client[Symbol.dispose]();
  }
});

test("every stream has its messages, with the keys in the wire's order", async () => {
  await start();
  const keys: Record<string, string> = {
    "depth@100ms": "e,E,s,U,u,b,a",
    depth: "e,E,s,U,u,b,a",
    trade: "e,E,s,t,p,q,T,m,M",
    aggTrade: "e,E,s,a,p,q,f,l,T,m,M",
    bookTicker: "u,s,b,B,a,A",
    miniTicker: "e,E,s,c,o,h,l,v,q",
    ticker: "e,E,s,p,P,w,x,c,Q,b,B,a,A,o,h,l,v,q,O,C,F,L,n",
    kline_1m: "e,E,s,k",
  };
  const names = Object.keys(keys).map((name) => `btcusdt@${name}`);
  using client = await RawClient.open(sim, `/stream?streams=${names.join("/")}`);
  const of = (stream: string) => client.messages.find((message) => message.stream === stream)?.data;
  await eventually(
    () => names.every((name) => of(name) !== undefined),
    "one message of each stream",
  );
  for (const [name, order] of Object.entries(keys)) {
    expect([name, Object.keys(of(`btcusdt@${name}`)).join(",")]).toEqual([name, order]);
  }
  expect(Object.keys(of("btcusdt@kline_1m").k).join(",")).toBe("t,T,s,i,f,L,o,c,h,l,v,n,x,q,V,Q,B");
});

test("commands subscribe and unsubscribe a living connection", async () => {
  await start();
  using client = await RawClient.open(sim, "/ws");
  expect(await client.ask({ method: "SUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 1 })).toEqual(
    {
      result: null,
      id: 1,
    },
  );
  await eventually(() => client.messages.some((message) => message.e === "depthUpdate"), "a diff");
  await client.ask({ method: "UNSUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 2 });
  expect(sim.control.status().connections[0]?.streams).toEqual([]);
});

test("more than five messages a second, pings and pongs included, end the connection", async () => {
  await start();
  using client = await RawClient.open(sim, "/ws");
  for (let i = 0; i < 3; i++) client.socket.ping();
  for (let id = 0; id < 3; id++) client.socket.send(`{"method":"LIST_SUBSCRIPTIONS","id":${id}}`);
  await eventually(() => client.closed !== undefined, "the close");
  expect(client.closed).toEqual({ code: 1008, reason: "Too many requests" });
});

test("a connection holds at most its number of streams", async () => {
  await start({ streamsPerConnectionMax: 2 });
  using client = await RawClient.open(sim, "/stream?streams=a@trade/b@trade");
  const answer = await client.ask({ method: "SUBSCRIBE", params: ["c@trade"], id: 1 });
  expect(answer).toMatchObject({ code: 2, id: 1 });
  expect(sim.control.status().connections[0]?.streams).toEqual(["a@trade", "b@trade"]);
  expect(await refusedWith("/stream?streams=a/b/c")).toBe(400);
});

test("connections and attempts are limited, and unknown addresses refused", async () => {
  await start({ connectionsMax: 1, connectAttemptsMax: 4 });
  expect(await refusedWith("/elsewhere")).toBe(404);
  using held = await RawClient.open(sim, "/ws");
  expect(await refusedWith("/ws")).toBe(503);
  held.socket.terminate();
  await eventually(() => sim.control.status().connections.length === 0, "room again");
  expect(await refusedWith("/ws")).toBe(101);
  expect(await refusedWith("/ws")).toBe(429);
});

test("the server pings, and drops a client that never answers", async () => {
  await start({ pingEveryMs: 40, pongWithinMs: 200, inboundMessagesPerSecondMax: 100 });
  using alive = await RawClient.open(sim, "/ws");
  using silent = new RawClient(sim.wsUrl, { autoPong: false });
  await eventually(() => silent.closed !== undefined, "the silent one to be dropped");
  expect(silent.pings).toBeGreaterThan(1);
  await eventually(() => alive.pings > 8, "more pings");
  expect(alive.closed).toBeUndefined();
});

test("a connection ends after its life time, and an oversized message ends it at once", async () => {
  await start({ connectionLifeMs: 300 });
  using old = await RawClient.open(sim, "/ws");
  using loud = await RawClient.open(sim, "/ws");
  loud.socket.send("x".repeat(70_000));
  await eventually(() => loud.closed !== undefined && old.closed !== undefined, "both ends");
  expect([loud.closed?.code, old.closed?.code]).toEqual([1009, 1001]);
});

test("a reader that falls behind the limit is cut", async () => {
  await start({ outboundBufferMaxBytes: 100_000 });
  using client = await RawClient.open(sim, "/ws");
  // One turn of the event loop: the client cannot read in between, and the kernel's buffers overflow.
  for (let i = 0; i < 300_000; i++) sim.control.announceShutdown();
  await eventually(() => client.closed !== undefined, "the cut");
  expect(client.closed?.code).toBe(1006);
  expect(client.texts.length).toBeLessThan(300_000);
});

test("a slowed line is cut when it holds back more than its limit", async () => {
  await start({ slowLineQueueMax: 10 });
  using client = await RawClient.open(sim, "/ws");
  sim.control.slow("all", 60_000);
  for (let i = 0; i < 10; i++) sim.control.announceShutdown();
  expect(sim.control.status().connections).toHaveLength(1);
  sim.control.announceShutdown();
  await eventually(() => client.closed !== undefined, "the cut");
  expect(client.texts).toEqual([]);
});
