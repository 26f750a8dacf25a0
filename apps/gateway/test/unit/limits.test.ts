import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import type { Clock } from "@mirrorbook/kernel";
import { addressOf } from "../../src/limits/address.ts";
import { ConnectionCounts } from "../../src/limits/connection-counts.ts";
import { isOriginAllowed } from "../../src/limits/origins.ts";
import { MessageBudget, TokenBucket } from "../../src/limits/token-bucket.ts";

function handClock(): Clock & { ms: number } {
  return {
    ms: 0,
    nowMs() {
      return this.ms;
    },
    monotonicMs() {
      return this.ms;
    },
  };
}

const taken = (bucket: TokenBucket, tries: number) =>
  Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;

test("a bucket gives twice the rate at once, then the rate, however long it was left alone", () => {
  const clock = handClock();
  const bucket = new TokenBucket(10, clock);
  expect(taken(bucket, 100)).toBe(20);
  clock.ms += 500;
  expect(taken(bucket, 100)).toBe(5);
  clock.ms += 3_600_000;
  expect(taken(bucket, 100)).toBe(20);
});

test("a connection that goes on sending what is refused is cut; one that slows down is forgiven", () => {
  const clock = handClock();
  const spendAll = (budget: MessageBudget, messages: number) =>
    Array.from({ length: messages }, () => budget.spend());
  const deaf = spendAll(new MessageBudget(10, clock), 1_021);
  expect(deaf.filter((verdict) => verdict === "pass")).toHaveLength(20);
  expect(deaf.filter((verdict) => verdict === "refuse")).toHaveLength(1_000);
  expect(deaf.at(-1)).toBe("disconnect");

  const budget = new MessageBudget(10, clock);
  for (let second = 0; second < 1_000; second++) {
    expect(spendAll(budget, 18)).not.toContain("disconnect");
    clock.ms += 1_000;
  }
  for (let second = 0; second < 30; second++) {
    if (spendAll(budget, 100).includes("disconnect")) return;
    clock.ms += 1_000;
  }
  throw new Error("ten times the rate was never cut");
});

test("connections are counted until they leave, each once", () => {
  const counts = new ConnectionCounts();
  const leave = counts.enter("a");
  counts.enter("a");
  counts.enter("b");
  expect([counts.total, counts.of("a"), counts.of("b")]).toEqual([3, 2, 1]);
  leave();
  leave();
  expect([counts.total, counts.of("a"), counts.of("c")]).toEqual([2, 1, 0]);
});

const request = (forwarded: string | undefined) =>
  ({
    socket: { remoteAddress: "10.0.0.1" },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

test.each([
  ["no proxy is trusted, so the header is anybody's word", 0, "1.1.1.1", "10.0.0.1"],
  ["the last proxy wrote whom it saw", 1, "6.6.6.6, 1.1.1.1", "1.1.1.1"],
  ["two proxies", 2, "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1"],
  ["fewer proxies than trusted", 3, "1.1.1.1", "10.0.0.1"],
  ["no header", 1, undefined, "10.0.0.1"],
])("a client's address: %s", (_case, hops, header, expected) => {
  expect(addressOf(request(header), hops)).toBe(expected);
});

test.each([
  ["no browser", undefined, [], true],
  ["our own page", "http://exchange.example", [], true],
  ["our own host on another scheme", "https://exchange.example", [], true],
  ["a stranger's page", "https://evil.example", [], false],
  ["a listed page", "https://app.example", ["https://app.example"], true],
  [
    "a page whose name only begins like a listed one",
    "https://app.example.evil",
    ["https://app.example"],
    false,
  ],
  ["a page without a name", "null", [], false],
  ["everyone, where that is wanted", "https://evil.example", ["*"], true],
])("origins: %s", (_case, origin, allowed, expected) => {
  const headers = { host: "exchange.example", ...(origin === undefined ? {} : { origin }) };
  expect(isOriginAllowed(headers, allowed)).toBe(expected);
});
