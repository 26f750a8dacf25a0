/** The operators' page of the queue, on a real queue that nobody works on. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { closeRedis, connectRedis, JOB_QUEUE } from "@mirrorbook/store";
import { Queue } from "bullmq";
import { startExchange, type TestExchange } from "./support/exchange.ts";

const PASSWORD = "a long enough password";
const HTML = { Accept: "text/html" };
let exchange: TestExchange;
let queue: Queue;
const held = new AsyncDisposableStack();

beforeAll(async () => {
  exchange = held.use(await startExchange({ settings: { ADMIN_PASSWORD: PASSWORD } }));
  const where = { kind: "server", url: exchange.cluster.redis.url } as const;
  const redis = held.adopt(connectRedis(where, "jobs"), closeRedis);
  const options = { connection: redis as never, prefix: JOB_QUEUE.prefix };
  queue = held.adopt(new Queue(JOB_QUEUE.name, options), (opened) => opened.close());
  await queue.add("room", {}, { jobId: "one", delay: 3_600_000 });
});
afterAll(() => held.disposeAsync());

const page = (path = "", init: RequestInit = {}) =>
  fetch(`${exchange.url()}/admin/queues${path}`, { redirect: "manual", ...init });

/** Signs in by the form; answers with the cookie to send, as the browser keeps it. */
async function signIn(form: Record<string, string>) {
  const response = await page("/session", { method: "POST", body: new URLSearchParams(form) });
  return { status: response.status, cookie: response.headers.get("set-cookie") ?? "" };
}

test("without a session browsers get a form, others a refusal, and nothing behind it", async () => {
  const form = await page("", { headers: HTML });
  expect(form.status).toBe(401);
  expect(await form.text()).toContain('type="password"');
  const asked = await page("/api/queues", { headers: { Accept: "application/json" } });
  expect(asked.status).toBe(401);
  expect(await asked.text()).not.toContain(JOB_QUEUE.name);
  expect((await page(`/api/queues/${JOB_QUEUE.name}/empty`, { method: "PUT" })).status).toBe(401);
  expect((await page(`?token=${(await admin()).token}`)).status).toBe(401);
  const wrong = { Cookie: "mirrorbook_admin=nonsense" };
  expect((await page("", { headers: { ...HTML, ...wrong } })).status).toBe(401);
});

test("a user without the role is refused, by header, by cookie and by the form", async () => {
  const { session } = await exchange.client("nosy");
  const bearer = { Authorization: `Bearer ${session.token}` };
  expect((await page("/api/queues", { headers: bearer })).status).toBe(403);
  const cookie = { Cookie: `mirrorbook_admin=${session.token}` };
  expect((await page("", { headers: { ...HTML, ...cookie } })).status).toBe(403);
  expect(await signIn({ token: session.token })).toEqual({ status: 403, cookie: "" });
  expect(await signIn({ name: "admin", password: "wrong" })).toEqual({ status: 401, cookie: "" });
});

test("an admin signs in, sees the jobs there are and can move them", async () => {
  const { status, cookie } = await signIn({ name: "admin", password: PASSWORD });
  expect(status).toBe(303);
  expect(cookie).toMatch(/Path=\/admin\/queues; Expires=.*; HttpOnly; SameSite=Strict$/);
  const headers = { Cookie: cookie.slice(0, cookie.indexOf(";")) };
  const shown = await page("", { headers: { ...HTML, ...headers } });
  const html = await shown.text();
  expect({ status: shown.status, html }).toMatchObject({ status: 200 });
  const policy = shown.headers.get("content-security-policy");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("base-uri 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const script = /src="(static\/js\/main[^"]+)"/.exec(html)?.[1];
  expect((await page(`/${script}`, { headers })).status).toBe(200);

  const listed = (await (await page("/api/queues", { headers })).json()) as {
    queues: { name: string; counts: Record<string, number> }[];
  };
  expect(listed.queues).toMatchObject([{ name: JOB_QUEUE.name, counts: { delayed: 1 } }]);
  const path = `/api/queues/${JOB_QUEUE.name}/one/promote`;
  expect((await page(path, { method: "PUT", headers })).status).toBeLessThan(300);
  expect(await queue.getJobCounts("delayed", "waiting")).toEqual({ delayed: 0, waiting: 1 });
});

async function admin(): Promise<{ token: string }> {
  const body = JSON.stringify({ name: "admin", password: PASSWORD });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${exchange.url()}/api/auth/login`, {
    method: "POST",
    body,
    headers,
  });
  return (await response.json()) as { token: string };
}
