import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rooms } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import {
  createCredentials,
  isRevoked,
  listenToRoom,
  type RedisClient,
  type Revocation,
  readCredentials,
  revocationIn,
  revokeSessions,
} from "../src/index.ts";
import { startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());

const login = (name: string, userId: string) => ({
  userId,
  name,
  passwordHash: "hash",
  roles: [],
  createdAt: "2026-01-01T00:00:00.000Z",
});

test("a name is taken once, in any case, however many ask at a time", async () => {
  const asked = ["Ann", "ann", "ANN"].map((name, i) =>
    createCredentials(redis, login(name, `u${i}`)),
  );
  const results = await Promise.all(asked);
  expect(results.map(({ kind }) => kind).sort()).toEqual(["created", "taken", "taken"]);
  expect(await readCredentials(redis, "aNN")).toMatchObject({ passwordHash: "hash" });
  expect(await readCredentials(redis, "bob")).toBeNull();
});

test("a revoked session is refused from then on, and gateways hear of it", async () => {
  const heard: (Revocation | null)[] = [];
  const subscriber = await store.connect("subscriber");
  const listener = await listenToRoom(subscriber, store.packets, rooms.control(), (event) =>
    heard.push(revocationIn(event)),
  );
  const session = { userId: "ann", sessionId: "s1", issuedAtMs: 1_000 };
  expect(await isRevoked(redis, session)).toBe(false);

  const one = { userId: "ann", sessionId: "s1", reason: "logout" };
  await revokeSessions(redis, store.packets, one, 60_000);
  expect(await isRevoked(redis, session)).toBe(true);
  expect(await isRevoked(redis, { ...session, sessionId: "s2" })).toBe(false);

  const all = { userId: "ann", issuedBeforeMs: 2_000, reason: "password changed" };
  await revokeSessions(redis, store.packets, all, 60_000);
  expect(await isRevoked(redis, { ...session, sessionId: "s2" })).toBe(true);
  expect(await isRevoked(redis, { ...session, sessionId: "s3", issuedAtMs: 2_000 })).toBe(false);
  await eventually(() => expect(heard).toEqual([one, all]));
  listener.close();
});
