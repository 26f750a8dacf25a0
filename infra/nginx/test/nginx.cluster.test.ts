/** nginx as it is shipped, before three gateways: what a client gets through it, and what it may not. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  callRest,
  eventually,
  guest,
  type Nginx,
  nginxMissing,
  startCluster,
  startNginx,
  TestClient,
  type TestCluster,
} from "@mirrorbook/testkit";
import { Random } from "@mirrorbook/testkit/random";
import { WireClient } from "../../chaos/clients/wire-client.ts";

const GUESTS_PER_MINUTE_MAX = 40;
const BUY = { pair: "BTC", side: "buy", type: "market", quantity: "0.001" };

(nginxMissing === null ? describe : describe.skip)("behind nginx", () => {
  let cluster: TestCluster;
  let nginx: Nginx;

  beforeAll(async () => {
    cluster = await startCluster({
      gateways: 3,
      symbols: ["BTCUSDT"],
      gatewayEnv: {
        TRUSTED_PROXY_HOPS: "1",
        GUESTS_PER_MINUTE_MAX: String(GUESTS_PER_MINUTE_MAX),
        DRAIN_SPREAD_MS: "200",
      },
    });
    nginx = await startNginx(cluster.gateways.map(({ url }) => url));
  });
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  test("WebSockets are spread over the gateways and trade", async () => {
    await using owned = new AsyncDisposableStack();
    const nodes = new Set<string>();
    for (let number = 0; number < 6; number++) {
      const session = await cluster.session(`trader-${number}`);
      const client = owned.use(new TestClient(nginx.url, session));
      nodes.add((await client.connected()).node);
      await client.book("BTCUSDT");
      expect((await client.place(BUY)).order.status).toBe("filled");
    }
    expect(nodes.size).toBe(3);
  });

  test("what is for operators is not to be had", async () => {
    for (const path of ["metrics", "Metrics/", "readyz", "healthz"]) {
      expect((await fetch(`${nginx.url}/${path}`)).status).toBe(404);
    }
    expect(await callRest(nginx.url, "GET", "health")).toMatchObject({ status: 200 });
  });

  test("long polling stays with one gateway, and goes on at another when that is killed", async () => {
    await using owned = new AsyncDisposableStack();
    const { token, user } = await guest(nginx.url);
    const account = { name: "poller", userId: user.id, token };
    const random = new Random(1, account.name);
    const client = new WireClient({ account, urls: [nginx.url], random, polling: true });
    owned.defer(() => client.close());
    const node = await eventually(() => nodeOf(client));

    for (let number = 1; number <= 20; number++) await placed(client, `first-${number}`);
    expect(client.connections).toHaveLength(1);

    const gateway = cluster.gateways.find(({ name }) => name === node)!;
    await gateway.kill("SIGKILL");
    // While it is away, so that something is to be caught up with.
    const away = await callRest(nginx.url, "POST", "orders", { body: BUY, token });
    expect(away.status).toBe(201);
    await eventually(() => expect(nodeOf(client)).not.toBe(node));
    for (let number = 1; number <= 20; number++) await placed(client, `second-${number}`);
    await gateway.start();

    const { body } = await callRest<{ seq: number }>(nginx.url, "GET", "events?since=0", { token });
    await eventually(() => expect(client.lastSeq).toBe(body.seq));
    const seqs = client.evidence.events.map(([, { seq }]) => seq);
    expect(seqs).toEqual(Array.from({ length: body.seq }, (_, index) => index + 1));
    expect(client.evidence.resyncs).toEqual([]);
  });

  test("limits are those of the client's own address, whatever it claims to be", async () => {
    const answers: number[] = [];
    for (let asked = 0; asked <= GUESTS_PER_MINUTE_MAX; asked++) {
      const claims = { "x-forwarded-for": `203.0.113.${asked}` };
      answers.push((await newGuest(nginx.url, "127.0.0.2", claims)).status);
    }
    expect(answers.slice(0, -1).every((status) => status === 201)).toBe(true);
    expect(answers.at(-1)).toBe(429);
    expect(await newGuest(nginx.url, "127.0.0.2")).toMatchObject({
      body: { code: "RATE_LIMITED" },
    });
    expect(await newGuest(nginx.url, "127.0.0.3")).toMatchObject({ status: 201 });
  });

  /**
   * nginx took a gateway that had refused once for dead until a request to it ended, which a WebSocket does hours later.
   * After each of the three had been restarted, no new WebSocket found a gateway.
   */
  test("while gateways are restarted one after another, a new WebSocket always finds one", async () => {
    const session = await cluster.session("newcomer");
    for (const gateway of [...cluster.gateways, ...cluster.gateways]) {
      await gateway.kill("SIGTERM");
      for (let number = 0; number < 4; number++) {
        await using client = new TestClient(nginx.url, session);
        expect((await client.connected()).node).not.toBe(gateway.name);
      }
      await gateway.start();
    }
    expect(nginx.child.log.filter((line) => line.includes("no live upstreams"))).toEqual([]);
  });
});

function nodeOf({ name, connections }: WireClient): string {
  const node = connections.at(-1)?.node;
  if (!node) throw new Error(`${name} is connected to no gateway`);
  return node;
}

/** Places an order under a key until it is acknowledged. */
async function placed(client: WireClient, clientOrderId: string): Promise<void> {
  await eventually(async () =>
    expect(await client.ask("order:place", { ...BUY, clientOrderId })).toMatchObject({ ok: true }),
  );
}

/** Asks for a new guest from an address of this machine. */
async function newGuest(url: string, localAddress: string, headers: Record<string, string> = {}) {
  const call = request(`${url}/api/auth/guest`, {
    method: "POST",
    localAddress,
    headers: { ...headers, "content-type": "application/json" },
  });
  call.end("{}");
  const [response] = (await once(call, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await json(response)) as object };
}
