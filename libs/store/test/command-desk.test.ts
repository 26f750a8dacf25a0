import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { refusal } from "@mirrorbook/kernel";
import type { Answer, StreamCommand } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import {
  CommandDesk,
  type CommandDeskOptions,
  FIRST_CURSOR,
  keys,
  nextCommands,
  publishAnswers,
  type RedisClient,
  readCursor,
  saveCursor,
} from "../src/index.ts";
import { startStore } from "./support.ts";

let store: Awaited<ReturnType<typeof startStore>>;
let redis: RedisClient;
let subscriber: RedisClient;
let blocking: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
  subscriber = await store.connect("subscriber");
  blocking = await store.connect("blocking");
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.flushall();
});

const open = (options: Partial<CommandDeskOptions> = {}) =>
  CommandDesk.open({ redis, subscriber, node: "gateway-1", ...options });
const body = { type: "account:open" } as const;
const read = (cursor = FIRST_CURSOR) => nextCommands(blocking, cursor, 5_000);
const reply = ({ replyTo, requestId }: StreamCommand, value: unknown) => ({
  replyTo,
  requestId,
  answer: { ok: true as const, value },
});

test("a command is answered with what the leader says to it", async () => {
  await using desk = await open();
  const answers = [desk.submit("alice", "k1", body), desk.submit("bob", "k2", body)];
  const commands = await eventually(async () => {
    const all = await read();
    expect(all).toHaveLength(2);
    return all;
  });
  expect(commands).toMatchObject([
    { userId: "alice", key: "k1", body },
    { userId: "bob", key: "k2", body },
  ]);
  await publishAnswers(redis, [reply(commands[1]!, "to bob"), reply(commands[0]!, "to alice")]);
  expect(await Promise.all(answers)).toEqual([
    { ok: true, value: "to alice" },
    { ok: true, value: "to bob" },
  ]);
  expect(desk.waiting).toBe(0);
});

test("answers of any text are told apart, and tell what they are before they are read", async () => {
  await using desk = await open();
  const asked = ["k1", "k2", "k3"].map((key) => desk.send("alice", key, body));
  const commands = await eventually(async () => {
    const all = await read();
    expect(all).toHaveLength(3);
    return all;
  });
  const given: Answer<unknown>[] = [
    { ok: true, value: 'line\nbreak, 30 60 and "₿"' },
    { ok: true, value: { order: 1 }, replayed: true },
    { ok: false, error: refusal("MARKET_STALE", ',"replayed":true}') },
  ];
  const addressed = commands.map(({ replyTo, requestId }, i) => ({
    replyTo,
    requestId,
    answer: given[i]!,
  }));
  await publishAnswers(redis, addressed);
  const answers = await Promise.all(asked);
  expect(answers.map((answer) => answer.read())).toEqual(given);
  expect(answers.map(({ ok, replayed }) => [ok, replayed])).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ]);
});

test("answers find the desk that asked, also when two have the same name", async () => {
  await using first = await open();
  await using second = await open();
  const answers = [first.submit("alice", "k1", body), second.submit("alice", "k2", body)];
  const commands = await eventually(async () => {
    const all = await read();
    expect(all).toHaveLength(2);
    return all;
  });
  await publishAnswers(
    redis,
    commands.map((command) => reply(command, command.key)),
  );
  expect(await Promise.all(answers)).toMatchObject([{ value: "k1" }, { value: "k2" }]);
});

describe("a command is refused", () => {
  test("with OUTCOME_UNKNOWN when no answer comes in time; a late one is ignored", async () => {
    await using desk = await open({ answerTimeoutMs: 50 });
    await expect(desk.submit("alice", "k", body)).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    const [command] = await read();
    await publishAnswers(redis, [reply(command!, "late")]);
    expect(desk.waiting).toBe(0);
  });

  test("with UNAVAILABLE, and not sent, when as many wait as may", async () => {
    await using desk = await open({ waitingMax: 1, answerTimeoutMs: 500 });
    const first = desk.submit("alice", "k1", body).catch(() => {});
    await expect(desk.submit("alice", "k2", body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await first;
    expect(await redis.xlen(keys.commands)).toBe(1);
  });

  test("with UNAVAILABLE, and not sent, while no leader is heard", async () => {
    await using desk = await open({ accepting: () => false });
    await expect(desk.submit("alice", "k", body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await redis.xlen(keys.commands)).toBe(0);
  });

  test("with OUTCOME_UNKNOWN when Redis does not confirm that it has it", async () => {
    await using desk = await open();
    store.server.pause();
    const submitted = desk.submit("alice", "k", body);
    await expect(submitted).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    store.server.resume();
    await eventually(() => redis.ping());
  });

  test("with OUTCOME_UNKNOWN when the desk closes before the answer", async () => {
    const desk = await open();
    const submitted = desk.submit("alice", "k", body);
    await Promise.all([
      expect(submitted).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" }),
      desk.close(),
    ]);
    await expect(desk.submit("alice", "k", body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

test("with Redis away commands are refused at once, and served again when it is back", async () => {
  await using desk = await open();
  await store.server.stop();
  await eventually(() => expect(redis.status).not.toBe("ready"));
  await expect(desk.submit("alice", "k", body)).rejects.toMatchObject({ code: "UNAVAILABLE" });

  await store.server.start();
  await eventually(() => expect([redis.status, subscriber.status]).toEqual(["ready", "ready"]));
  await eventually(async () => {
    const submitted = desk.submit("alice", "again", body);
    const [command] = await read();
    await publishAnswers(redis, [reply(command!, "served")]);
    expect(await submitted).toEqual({ ok: true, value: "served" });
  });
});

test("the stream is trimmed behind the cursor, and no further", async () => {
  await using desk = await open({ answerTimeoutMs: 200 });
  const sent = Array.from({ length: 500 }, (_, i) => desk.submit("alice", `k${i}`, body));
  await Promise.allSettled(sent);
  const batch = await read();
  await saveCursor(redis, batch.at(-1)!.id);
  expect(await readCursor(redis)).toBe(batch.at(-1)!.id);
  expect(await redis.xlen(keys.commands)).toBeLessThan(500);
  expect((await read(await readCursor(redis)))[0]?.key).toBe(`k${batch.length}`);
});
