import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type RedisClient, readAndRaise, writeFenced } from "../src/index.ts";
import { startStore, type TestStore } from "./support.ts";

let store: TestStore;
let redis: RedisClient;
let key: string;
let keysMade = 0;

beforeAll(async () => {
  store = await startStore();
  redis = await store.connect();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => {
  key = `market:{TEST${++keysMade}}:held`;
});

const set = (field: string, value: string | null) => new Map([[field, value]]);

test("what a leader wrote is what the next one reads", async () => {
  await readAndRaise(redis, key, 1);
  await writeFenced(
    redis,
    key,
    1,
    new Map([
      ["a", "1"],
      ["b", "2"],
    ]),
  );
  await writeFenced(
    redis,
    key,
    1,
    new Map([
      ["a", "3"],
      ["b", null],
    ]),
  );
  expect(await readAndRaise(redis, key, 2)).toEqual({ kind: "read", fields: { a: "3" } });
});

test("a leader that was read over cannot write any more", async () => {
  await readAndRaise(redis, key, 1);
  await readAndRaise(redis, key, 2);
  expect(await writeFenced(redis, key, 1, set("a", "late"))).toEqual({ kind: "deposed" });
  expect(await readAndRaise(redis, key, 2)).toEqual({ kind: "read", fields: {} });
});

test("a deposed leader can neither read nor lower the fence", async () => {
  await readAndRaise(redis, key, 2);
  expect(await readAndRaise(redis, key, 1)).toEqual({ kind: "deposed", epoch: 2 });
  expect(await writeFenced(redis, key, 2, set("a", "1"))).toEqual({ kind: "written" });
});

test("nobody writes before reading: a hash that lost its fence refuses", async () => {
  expect(await writeFenced(redis, key, 1, set("a", "1"))).toEqual({ kind: "deposed" });
});
