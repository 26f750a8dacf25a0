/** Connections are limited over all gateways, and what a dead one held comes back. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  eventually,
  type Session,
  startCluster,
  TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";
import { startExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const PER_USER = 3;
const LEASE_MS = 2_000;
/** The lease, a renewal of another node, and time to spare. */
const AFTER_LEASE = { withinMs: 20_000 };
let cluster: TestCluster;

beforeAll(async () => {
  const CONNECTIONS_PER_USER_MAX = String(PER_USER);
  const gatewayEnv = { CONNECTIONS_PER_USER_MAX, CONNECTION_LEASE_MS: String(LEASE_MS) };
  cluster = await startCluster({ gateways: 2, gatewayEnv });
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** Tries to connect. Resolves with "in", or the code of the refusal. */
async function knock(gateway: number, session: Session): Promise<[string, TestClient]> {
  const client = new TestClient(cluster.gateways[gateway]!.url, session);
  const refused = new Promise<string>((resolve) =>
    client.socket.once("connect_error", (error) =>
      resolve((error as Error & { data?: { code: string } }).data?.code ?? error.message),
    ),
  );
  const answer = await Promise.race([client.connected().then(() => "in"), refused]);
  if (answer !== "in") client.socket.disconnect();
  return [answer, client];
}

test("of many that come at once on both gateways, exactly as many as may are let in", async () => {
  const session = await cluster.session("rush");
  const knocks = await Promise.all(Array.from({ length: 12 }, (_, i) => knock(i % 2, session)));
  await using all = new AsyncDisposableStack();
  for (const [, client] of knocks) all.use(client);
  const answers = knocks.map(([answer]) => answer).sort();
  expect(answers.filter((answer) => answer === "in")).toHaveLength(PER_USER);
  expect(new Set(answers)).toEqual(new Set(["in", "TOO_MANY_CONNECTIONS"]));

  const [, left] = knocks.find(([answer]) => answer === "in")!;
  left.socket.disconnect();
  await eventually(async () => {
    const [answer, client] = await knock(1, session);
    all.use(client);
    expect(answer).toBe("in");
  });
  expect((await knock(0, session))[0]).toBe("TOO_MANY_CONNECTIONS");
});

test("plain WebSocket and Socket.IO connections of a user count together", async () => {
  const session = await cluster.session("mixed");
  const url = (gateway: number) =>
    `${cluster.gateways[gateway]!.url.replace("http", "ws")}/ws/orders?token=${session.token}`;
  await using one = await PlainClient.connect(url(0));
  await using two = await PlainClient.connect(url(1));
  await using three = (await knock(0, session))[1];
  await Promise.all([one.heard("welcome"), two.heard("welcome"), three.connected()]);
  await expect(PlainClient.connect(url(1))).rejects.toThrow(/429/);

  await using late = await PlainClient.connect(
    `${cluster.gateways[1]!.url.replace("http", "ws")}/ws/rooms`,
  );
  late.send({ type: "auth", data: { token: session.token } });
  expect(await late.heard("error")).toMatchObject({ data: { code: "TOO_MANY_CONNECTIONS" } });
  two.socket.close();
  await eventually(async () => {
    late.send({ type: "auth", data: { token: session.token } });
    await eventually(() => expect(late.of("auth_success")).toHaveLength(1), { withinMs: 500 });
  });
});

test("the connections of a gateway that was killed are free again after its lease, and it starts with none", async () => {
  const session = await cluster.session("orphan");
  await using there = new AsyncDisposableStack();
  for (let i = 0; i < PER_USER; i++) {
    const [answer, client] = await knock(1, session);
    there.use(client).socket.io.reconnection(false);
    expect(answer).toBe("in");
  }
  expect((await knock(0, session))[0]).toBe("TOO_MANY_CONNECTIONS");
  await cluster.gateways[1]!.kill("SIGKILL");
  await using here = new AsyncDisposableStack();
  await eventually(async () => {
    const [answer, client] = await knock(0, session);
    here.use(client);
    expect(answer).toBe("in");
  }, AFTER_LEASE);
  await cluster.gateways[1]!.start();
  for (let i = 1; i < PER_USER; i++) {
    const [answer, client] = await knock(1, session);
    here.use(client);
    expect(answer).toBe("in");
  }
  expect((await knock(1, session))[0]).toBe("TOO_MANY_CONNECTIONS");
}, 60_000);

test("without Redis each gateway holds the limits by itself; afterwards they hold over all again", async () => {
  const settings = { CONNECTIONS_PER_ADDRESS_MAX: "4", CONNECTION_LEASE_MS: "1000" };
  await using exchange = await startExchange({ gateways: 2, settings });
  const url = (gateway: number) => `${exchange.url(gateway).replace("http", "ws")}/ws`;
  await using open = new AsyncDisposableStack();
  const connect = async (gateway: number) => open.use(await PlainClient.connect(url(gateway)));
  await connect(0);
  await connect(0);
  await exchange.cluster.redis.stop();
  for (let i = 0; i < 2; i++) await connect(0);
  await expect(connect(0)).rejects.toThrow(/429/);
  for (let i = 0; i < 4; i++) await connect(1);
  await exchange.cluster.redis.start();
  await eventually(async () => {
    const [some] = await Promise.allSettled([connect(0)]);
    expect(some.status).toBe("rejected");
    const health = await fetch(`${exchange.url(1)}/readyz`);
    expect(health.status).toBe(200);
  }, AFTER_LEASE);
  const redis = exchange.cluster.redis.client();
  await eventually(async () => {
    const counts = await Promise.all(
      [1, 2].map((n) => redis.hget(`{connections}:gateway-${n}`, "address:127.0.0.1")),
    );
    expect(counts).toEqual(["4", "4"]);
  }, AFTER_LEASE);
}, 60_000);
