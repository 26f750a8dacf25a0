import { describe, expect, test } from "@jest/globals";
import { readConfig } from "../src/config.ts";

test("nothing set: the public Binance hosts and a Redis on this machine", () => {
  expect(readConfig({})).toMatchObject({
    MARKET: "binance",
    SYMBOLS: ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"],
    STARTING_BALANCE: "100000",
    LEASE_TTL_MS: 1_500,
  });
});

test("lists and times by symbol are read", () => {
  const config = readConfig({
    SYMBOLS: "btcusdt, ethusdt",
    FEED_STALE_AFTER_MS_BY_SYMBOL: "BTCUSDT:1000,ETHUSDT:60000",
    REDIS_URL: "",
  });
  expect(config.SYMBOLS).toEqual(["BTCUSDT", "ETHUSDT"]);
  expect(config.FEED_STALE_AFTER_MS_BY_SYMBOL).toEqual({ BTCUSDT: 1_000, ETHUSDT: 60_000 });
  expect(config.REDIS_URL).toBeUndefined();
});

describe("a wrong value is refused by name:", () => {
  test.each([
    ["SYMBOLS", "BTC/USDT"],
    ["STARTING_BALANCE", "1e5"],
    ["BINANCE_REST_URL", "binance"],
    ["MARKET", "auto"],
    ["FEED_STALE_AFTER_MS_BY_SYMBOL", "BTCUSDT=5"],
    ["LEASE_TTL_MS", "50"],
  ])("%s=%s", (name, value) => expect(() => readConfig({ [name]: value })).toThrow(name));
});
