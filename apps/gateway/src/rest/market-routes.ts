import { AppError } from "@mirrorbook/kernel";
import { BOOK_DEPTHS, BookView, MARKET_EVENTS, MarketInfo } from "@mirrorbook/protocol";
import { lastEvent, PAGE_MAX, type RedisClient, readBookView, readTape } from "@mirrorbook/store";
import { z } from "zod";
import type { MarketDirectory } from "../market/market-directory.ts";
import { Candle, DayFigures, INTERVALS, type MarketSource } from "../market/market-source.ts";
import { reading } from "../reads/reading.ts";
import { openRoute, type Route } from "./route.ts";

const Market = z.object({ market: z.string().min(1).max(32) });
const decimalOf = (values: readonly number[]) =>
  z.enum(values.map(String) as [string, ...string[]]).transform(Number);
const BookQuery = z.object({ depth: decimalOf(BOOK_DEPTHS).optional() });
const TapeQuery = z.object({ limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50) });
const CandleQuery = z.object({
  interval: z.enum(INTERVALS).default("1m"),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
  startTimeMs: z.coerce.number().int().min(0).optional(),
  endTimeMs: z.coerce.number().int().min(0).optional(),
});
const Named = { pair: z.string(), symbol: z.string() };

export function marketRoutes(
  redis: RedisClient,
  markets: MarketDirectory,
  source: MarketSource,
): Route[] {
  return [
    openRoute(
      {
        method: "get",
        path: "/markets",
        summary: "Lists the markets with their rules and feed status.",
        answer: z.object({ markets: z.array(MarketInfo) }),
      },
      () => ({ markets: markets.markets }),
    ),
    openRoute(
      {
        method: "get",
        path: "/markets/:market",
        summary: "Tells of one market: rules, feed status, last prices.",
        params: Market,
        answer: MarketInfo.extend({ price: MARKET_EVENTS["price:update"].nullable() }),
      },
      async ({ params }) => {
        const market = markets.find(params.market);
        const price = await reading(lastEvent(redis, market.symbol, "price:update"));
        return { ...market, price };
      },
    ),
    openRoute(
      {
        method: "get",
        path: "/markets/:market/book",
        summary: "The current order book, best levels first.",
        params: Market,
        query: BookQuery,
        answer: BookView,
      },
      async ({ params, query }) => {
        const symbol = markets.resolve(params.market);
        const depth = (query.depth ?? 20) as (typeof BOOK_DEPTHS)[number];
        const view = await reading(readBookView(redis, symbol, depth));
        if (view === null) throw new AppError("MARKET_STALE", "This market has no book yet.");
        return view;
      },
    ),
    openRoute(
      {
        method: "get",
        path: "/markets/:market/trades",
        summary: "The latest public trades, newest first.",
        params: Market,
        query: TapeQuery,
        answer: z.object({ ...Named, trades: z.array(MARKET_EVENTS["tape:trade"]) }),
      },
      async ({ params, query }) => {
        const { pair, symbol } = markets.find(params.market);
        return { pair, symbol, trades: await reading(readTape(redis, symbol, query.limit)) };
      },
    ),
    openRoute(
      {
        method: "get",
        path: "/markets/:market/candles",
        summary: "Candles of the real market.",
        params: Market,
        query: CandleQuery,
        answer: z.object({ ...Named, interval: z.string(), candles: z.array(Candle) }),
      },
      async ({ params, query }) => {
        const { pair, symbol } = markets.find(params.market);
        const candles = await source.candles(symbol, query);
        return { pair, symbol, interval: query.interval, candles };
      },
    ),
    openRoute(
      {
        method: "get",
        path: "/markets/:market/ticker",
        summary: "Figures of the last 24 hours of the real market.",
        params: Market,
        answer: DayFigures.extend(Named),
      },
      async ({ params }) => {
        const { pair, symbol } = markets.find(params.market);
        return { pair, symbol, ...(await source.day(symbol)) };
      },
    ),
  ];
}
