/** Who is let in, and when a session ends: over the wire, on two nodes. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemClock } from "@mirrorbook/kernel";
import { callRest, type Session, TestClient } from "@mirrorbook/testkit";
import { Tokens } from "../src/auth/tokens.ts";
import { SECRET, startExchange, type TestExchange } from "./support/exchange.ts";
import { PlainClient } from "./support/plain-client.ts";

const PASSWORD = "correct horse battery";
const ADMIN_PASSWORD = "operators only, please";
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startExchange({ gateways: 2, settings: { ADMIN_PASSWORD } });
});
afterAll(() => exchange[Symbol.asyncDispose]());

const post = <T>(path: string, body: unknown, token?: string) =>
  callRest<T>(exchange.url(), "POST", path, { body, ...(token === undefined ? {} : { token }) });

test("a name is registered once, in whatever case, and logs in on every node", async () => {
  const name = "Alice.1";
  const registered = await post<Session>("auth/register", { name, password: PASSWORD });
  expect(registered).toMatchObject({
    status: 201,
    body: { token: expect.any(String), expiresAt: expect.any(String), user: { name, roles: [] } },
  });
  expect(await post("auth/register", { name: "alice.1", password: PASSWORD })).toMatchObject({
    status: 409,
    body: { code: "NAME_TAKEN" },
  });
  const there = await callRest<Session>(exchange.url(1), "POST", "auth/login", {
    body: { name: "ALICE.1", password: PASSWORD },
  });
  expect(there).toMatchObject({ status: 200, body: { user: registered.body.user } });
});

test("a wrong password and an unknown name are answered alike", async () => {
  await post("auth/register", { name: "Bob", password: PASSWORD });
  const wrong = await post("auth/login", { name: "Bob", password: "not his password" });
  const unknown = await post("auth/login", { name: "Nobody", password: PASSWORD });
  expect(wrong).toMatchObject({ status: 401, body: { code: "BAD_CREDENTIALS" } });
  expect(unknown).toEqual(wrong);
});

test.each([
  [{ name: "al", password: PASSWORD }],
  [{ name: "admin2", password: PASSWORD }],
  [{ name: "Guest 7", password: PASSWORD }],
  [{ name: "a b", password: PASSWORD }],
  [{ name: "carol", password: "short" }],
  [{ name: "carol", password: "x".repeat(129) }],
  [{ name: "carol", password: PASSWORD, roles: ["admin"] }],
  [{ name: { $gt: "" }, password: PASSWORD }],
])("no registration with %j", async (body) => {
  expect(await post("auth/register", body)).toMatchObject({
    status: 400,
    body: { code: "BAD_REQUEST" },
  });
});

test("a session that logs out is over on every node: by REST, on sockets, and for good", async () => {
  const { body: session } = await post<Session>("auth/guest", {});
  await using here = new TestClient(exchange.url(0), session);
  await using there = new TestClient(exchange.url(1), session);
  const plainUrl = `${exchange.url(1).replace("http", "ws")}/ws/orders?token=${session.token}`;
  await using plain = await PlainClient.connect(plainUrl);
  await Promise.all([here.connected(), there.connected(), plain.heard("welcome")]);

  expect((await post("auth/logout", {}, session.token)).status).toBe(204);
  for (const client of [here, there]) {
    await client.disconnected();
    expect(client.of("session:revoked")).toHaveLength(1);
    expect(client.of("error")).toMatchObject([{ code: "session_revoked" }]);
  }
  expect(await plain.ended()).toEqual({ code: 4502, reason: "session_revoked" });
  expect(
    await callRest(exchange.url(1), "GET", "balances", { token: session.token }),
  ).toMatchObject({
    status: 401,
    body: { code: "SESSION_REVOKED" },
  });
  await using again = new TestClient(exchange.url(1), session);
  const refused = new Promise((resolve) => again.socket.once("connect_error", resolve));
  expect(await refused).toMatchObject({ data: { code: "SESSION_REVOKED" } });
});

test("an operator ends all sessions of a user; the user may log in again at once", async () => {
  const { body: admin } = await post<Session>("auth/login", {
    name: "admin",
    password: ADMIN_PASSWORD,
  });
  expect(admin.user).toMatchObject({ roles: ["monitor", "admin"] });
  const login = { name: "dave", password: PASSWORD };
  const { body: first } = await post<Session>("auth/register", login);
  const { body: second } = await post<Session>("auth/login", login);
  await using there = new TestClient(exchange.url(1), second);
  await there.connected();

  const order = { user: first.user.id };
  expect(await post("admin/revocations", order, first.token)).toMatchObject({ status: 403 });
  expect((await post("admin/revocations", order, admin.token)).status).toBe(204);
  await there.disconnected();
  for (const { token } of [first, second]) {
    expect(await callRest(exchange.url(), "GET", "balances", { token })).toMatchObject({
      status: 401,
    });
  }
  const { body: third } = await post<Session>("auth/login", login);
  expect(await callRest(exchange.url(), "GET", "balances", { token: third.token })).toMatchObject({
    status: 200,
  });
});

test("when its token expires a connection ends", async () => {
  const settings = {
    secret: SECRET,
    jwksUrl: undefined,
    issuer: "mirrorbook",
    audience: "mirrorbook",
  };
  const tokens = new Tokens({ ...settings, lifetimeMs: 1_000 }, systemClock);
  const { token } = await tokens.issue({ userId: "u-brief", name: "brief", roles: [] });
  await using client = new TestClient(exchange.url(), {
    token,
    user: { id: "u-brief", name: "brief" },
  });
  const plainUrl = `${exchange.url(1).replace("http", "ws")}/ws/trades?token=${token}`;
  await using plain = await PlainClient.connect(plainUrl);
  await client.connected();
  await client.disconnected();
  expect(client.of("session:revoked")).toMatchObject([{ reason: "The token has expired." }]);
  expect(client.of("error")).toMatchObject([{ code: "unauthorized" }]);
  expect(await plain.ended()).toEqual({ code: 4501, reason: "unauthorized" });
});

test("an operator sees who is in a room on all nodes, and no credentials", async () => {
  const { body: admin } = await post<Session>("auth/login", {
    name: "admin",
    password: ADMIN_PASSWORD,
  });
  const here = await exchange.client("roomer", 0);
  const there = await exchange.client("roomer", 1);
  const plainUrl = `${exchange.url(1).replace("http", "ws")}/ws/orders?token=${here.session.token}`;
  await using plain = await PlainClient.connect(plainUrl);
  await plain.heard("welcome");
  const path = `admin/rooms/${encodeURIComponent(`user:{${here.session.user.id}}`)}/sockets`;
  const seen = await callRest<{ sockets: { id: string }[] }>(exchange.url(), "GET", path, {
    token: admin.token,
  });
  const { id: userId, name } = here.session.user;
  const who = { userId, name, address: "127.0.0.1", rooms: [`user:{${userId}}`] };
  const events = { ...who, dialect: "events", transport: "websocket" };
  const connectedAt = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(seen.body).toMatchObject({ complete: true, room: `user:{${userId}}` });
  expect(seen.body.sockets).toHaveLength(3);
  expect(seen.body.sockets).toEqual(
    expect.arrayContaining([
      { ...events, id: here.socket.id, node: "gateway-1", connectedAt },
      { ...events, id: there.socket.id, node: "gateway-2", connectedAt },
      {
        ...who,
        dialect: "streams",
        transport: "plain",
        id: expect.any(String),
        node: "gateway-2",
        connectedAt,
      },
    ]),
  );
  expect(JSON.stringify(seen.body)).not.toContain(here.session.token);
  expect(await here.rest("GET", path)).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
});

test("the list says so when a node does not answer, and takes no longer than the adapter's patience", async () => {
  const { body: admin } = await post<Session>("auth/login", {
    name: "admin",
    password: ADMIN_PASSWORD,
  });
  // A subscriber that never answers, as a node that hangs: the adapter counts whoever listens.
  const silent = exchange.cluster.redis.client();
  await silent.ssubscribe("socket.io#/#");
  const path = `admin/rooms/${encodeURIComponent("book:{BTCUSDT}:20")}/sockets`;
  const list = () => callRest(exchange.url(), "GET", path, { token: admin.token });
  expect(await list()).toMatchObject({ status: 200, body: { complete: false, sockets: [] } });
  const answers = await Promise.all(Array.from({ length: 6 }, list));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 429, 429]);
  await silent.sunsubscribe("socket.io#/#");
  expect(await list()).toMatchObject({ body: { complete: true } });
});

test("an account is there for whoever comes with a valid token, wherever it was issued", async () => {
  const settings = {
    secret: SECRET,
    jwksUrl: undefined,
    issuer: "mirrorbook",
    audience: "mirrorbook",
  };
  const tokens = new Tokens({ ...settings, lifetimeMs: 60_000 }, systemClock);
  const { token } = await tokens.issue({ userId: "outsider", name: "outsider", roles: [] });
  const balances = await callRest(exchange.url(), "GET", "balances", { token });
  expect(balances).toMatchObject({
    status: 200,
    body: { balances: [{ account: "main", asset: "SIM_USD", total: "100000" }] },
  });
});
