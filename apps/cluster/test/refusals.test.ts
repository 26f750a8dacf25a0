/** What a gateway must not let in: it answers with a code and changes nothing. */
import { expect, test } from "@jest/globals";
import {
  callRest,
  eventually,
  startCluster,
  TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";

const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quantity: "0.0001" };
const OVERSIZED = "x".repeat(2_000_000);

test("unknown tokens, malformed and oversized messages get coded errors and change nothing", async () => {
  await using cluster = await startCluster({ symbols: ["BTCUSDT"] });
  const alice = await cluster.client("alice");
  await alice.place(BUY);
  const before = await footprint(cluster, alice);

  await unknownTokens(cluster, alice);
  await malformedOrders(alice);
  await foreignOrders(cluster, alice);
  await oversized(alice);

  expect(await footprint(cluster, alice)).toEqual(before);
  await alice.connected();
  await eventually(async () =>
    expect(await alice.ask("order:place", BUY)).toMatchObject({ ok: true }),
  );
});

async function unknownTokens(cluster: TestCluster, alice: TestClient) {
  const url = cluster.gateways[0]!.url;
  const [header, payload] = alice.session.token.split(".");
  const tokens = ["", "nonsense", `${header}.${payload}.c2lnbmF0dXJl`, unsigned(payload!)];
  for (const token of tokens) {
    const answer = await callRest(url, "POST", "orders", { body: BUY, token });
    expect({ token, ...answer }).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
  }
  for (const token of tokens.slice(1)) {
    await using stranger = new TestClient(url, { ...alice.session, token });
    const refused = new Promise<Error & { data?: unknown }>((resolve) =>
      stranger.socket.once("connect_error", resolve),
    );
    expect((await refused).data).toMatchObject({ code: "UNAUTHORIZED" });
  }
}

/** A token that says it needs no signature. */
function unsigned(payload: string): string {
  const header = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  return `${header}.${payload}.`;
}

async function malformedOrders(alice: TestClient) {
  const orders: [order: unknown, code: string][] = [
    [{}, "BAD_REQUEST"],
    [null, "BAD_REQUEST"],
    ["buy everything", "BAD_REQUEST"],
    [{ ...BUY, quantity: "-1" }, "BAD_REQUEST"],
    [{ ...BUY, quantity: "1e3" }, "BAD_REQUEST"],
    [{ ...BUY, quantity: "NaN" }, "BAD_REQUEST"],
    [{ ...BUY, side: "steal" }, "BAD_REQUEST"],
    [{ ...BUY, extra: true }, "BAD_REQUEST"],
    [{ ...BUY, price: "1" }, "BAD_REQUEST"],
    [{ ...BUY, clientOrderId: "../../etc" }, "BAD_REQUEST"],
    [{ ...BUY, pair: "DOGE/MOON" }, "UNKNOWN_MARKET"],
  ];
  for (const [order, code] of orders) {
    expect({ order, answer: await alice.ask("order:place", order) }).toMatchObject({
      answer: { ok: false, error: { code, retry: false } },
    });
    if (order === null) continue; // By REST that is no body at all.
    const { status, body } = await alice.rest("POST", "orders", order);
    expect({ order, status, body }).toMatchObject({ status: 400, body: { code } });
  }
  const notJson = await alice.rest("POST", "orders", '{"pair":');
  expect(notJson).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
}

/** Identity comes from the token: naming somebody else in a body is refused, and other users' orders do not exist. */
async function foreignOrders(cluster: TestCluster, alice: TestClient) {
  const bob = await cluster.session("bob");
  const asBob = await alice.rest("POST", "orders", { ...BUY, userId: bob.user.id });
  expect(asBob.status).toBeGreaterThanOrEqual(400);
  expect(asBob.status).toBeLessThan(500);

  const { orderId } = alice.of("trade:executed")[0].trade;
  const url = cluster.gateways[0]!.url;
  const peeked = await callRest(url, "GET", `orders/${orderId}`, { token: bob.token });
  expect(peeked).toMatchObject({ status: 404, body: { code: "UNKNOWN_ORDER" } });
}

async function oversized(alice: TestClient) {
  const byRest = await alice.rest("POST", "orders", { ...BUY, clientOrderId: OVERSIZED });
  expect(byRest).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });

  const closed = new Promise((resolve) => alice.socket.once("disconnect", resolve));
  alice.socket.emit("order:place", { ...BUY, clientOrderId: OVERSIZED });
  await closed; // The frame is never read, so there is nothing to acknowledge.
}

/** Everything a refused message could have changed. */
async function footprint(cluster: TestCluster, alice: TestClient) {
  const redis = cluster.redis.client();
  const [balances, orders, events] = await Promise.all(
    ["balances", "orders", "events?since=0"].map(
      async (path) => (await alice.rest("GET", path)).body,
    ),
  );
  const state = await redis.hgetall(`user:{${alice.session.user.id}}:state`);
  return { balances, orders, events, state };
}
