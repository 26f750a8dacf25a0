import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import type { Member } from "@mirrorbook/fanout";
import type { Clock } from "@mirrorbook/kernel";
import { addressOf, limitedAddress } from "../../src/limits/address.ts";
import type { Seat } from "../../src/limits/connection-seats.ts";
import { isOriginAllowed } from "../../src/limits/origins.ts";
import { MessageBudget, TokenBucket } from "../../src/limits/token-bucket.ts";
import { Connection } from "../../src/members/connection.ts";

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
  ["what is no address", 1, "}:{limit:orders", "10.0.0.1"],
  ["a mapped address is the IPv4 address it is", 1, "::ffff:1.1.1.1", "1.1.1.1"],
  ["IPv6", 1, "2001:db8::7", "2001:db8::7"],
])("a client's address: %s", (_case, hops, header, expected) => {
  expect(addressOf(request(header), hops)).toBe(expected);
});

test("what a message costs is charged after it, and is owed for a second at most", () => {
  const clock = handClock();
  const budget = new MessageBudget(10, clock);
  budget.charge(5);
  expect(Array.from({ length: 16 }, () => budget.spend()).lastIndexOf("pass")).toBe(14);
  budget.charge(1_000_000);
  clock.ms += 1_000;
  expect(budget.spend()).toBe("refuse");
  clock.ms += 100;
  expect(budget.spend()).toBe("pass");
});

test("a connection does its work in turn, and only so much waits", async () => {
  const connection = new Connection(
    {} as Member,
    {} as Seat,
    null,
    new MessageBudget(1, handClock()),
    0,
  );
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const order: number[] = [];
  const work = (place: number) =>
    connection.inTurn(async () => {
      await answered;
      order.push(place);
    });
  const waiting = Array.from({ length: 256 }, (_, place) => work(place));
  await expect(work(256)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  answer();
  await Promise.all(waiting);
  expect(order).toEqual([...order.keys()]);
  await work(257);
  expect(order).toHaveLength(257);
});

test.each([
  ["1.1.1.1", "1.1.1.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::7", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["1:2:3:4:5::", "1:2:3:4::/64"],
  ["unknown", "unknown"],
])("what limits count of %s: %s", (address, counted) => {
  expect(limitedAddress(address)).toBe(counted);
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
