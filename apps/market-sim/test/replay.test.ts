import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { readRecording } from "../src/replay/recording.ts";
import { type MarketSim, type MarketSimConfig, startMarketSim } from "../src/start-market-sim.ts";
import { eventually, FollowedBook, get, type Json, RawClient } from "./book-client.ts";
import { hasRecordings, REFERENCE_STATES, recordingPath } from "./recordings.ts";

/** Whole sessions of 40,000 messages pass through a socket, on a machine that may be busy. */
jest.setTimeout(120_000);

const onRecordings = hasRecordings ? describe : describe.skip;
const files = [...new Set(REFERENCE_STATES.map((state) => state.file))];
const BTC_2024 = recordingPath("spot-btcusdt-2024-08-08.jsonl.gz");
const ETH_2024 = recordingPath("spot-ethusdt-2024-08-08.jsonl.gz");
const THIN_2021 = recordingPath("spot-4-symbols-2021-10-12.jsonl");
const NO_SNAPSHOT = recordingPath("spot-btcusdt-2023-04-05-no-snapshot.jsonl.gz");

let sim: MarketSim | undefined;
afterEach(async () => {
  await sim?.close();
  sim = undefined;
});

type Replay = NonNullable<MarketSimConfig["replay"]>;

async function startReplay(replay: Replay): Promise<MarketSim> {
  sim = await startMarketSim({ replay });
  return sim;
}

const state = () => sim!.control.status().source.state;
const isFinished = () => state() === "finished";

onRecordings("a replayed recording", () => {
  test.each(files)("%s ends in the reference state for every symbol", async (file) => {
    const references = REFERENCE_STATES.filter((reference) => reference.file === file);
    const { control } = await startReplay({ files: [recordingPath(file)], speed: "step" });
    const books = await Promise.all(
      references.map((reference) => FollowedBook.follow(sim!, reference.symbol)),
    );
    while (!isFinished()) {
      control.step(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [i, { book, client, failure }] of books.entries()) {
      const { symbol, finalUpdateId, bid, ask, digest } = references[i]!;
      await eventually(
        () => book.lastUpdateId === finalUpdateId || failure !== undefined,
        `${symbol} at its final id`,
      );
      expect(books[i]!.failure).toBeUndefined();
      expect({
        symbol,
        bid: book.best("bids")?.join("x"),
        ask: book.best("asks")?.join("x"),
      }).toEqual({ symbol, bid, ask });
      expect(book.digest()).toBe(digest);
      client[Symbol.dispose]();
    }
  });

  test("answers a late GET depth with a book that the diffs continue", async () => {
    const { control } = await startReplay({ files: [BTC_2024], speed: "step" });
    control.step(20_000);
    const followed = await FollowedBook.follow(sim!, "BTCUSDT");
    while (!isFinished()) {
      control.step(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => followed.book.lastUpdateId === 50093421584, "the final id");
    expect(followed.failure).toBeUndefined();
    expect(followed.book.compared).toBeGreaterThan(1_000);
    expect(followed.book.digest()).toBe("f749beab8495ca08");
    const { body } = await get(sim!, "/api/v3/depth?symbol=BTCUSDT&limit=5000");
    expect([body.lastUpdateId, body.bids.length, body.asks.length]).toEqual([
      50093421584, 1209, 2196,
    ]);
  });

  test("sends the recorded text untouched, wrapped on /stream and bare on /ws", async () => {
    const { control } = await startReplay({ files: [BTC_2024], speed: "step" });
    using raw = await RawClient.open(sim!, "/ws/btcusdt@trade");
    using wrapped = await RawClient.open(sim!, "/stream?streams=btcusdt@trade");
    control.step(10);
    const text =
      '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}';
    await eventually(() => raw.texts.length > 0 && wrapped.texts.length > 0, "a trade on both");
    expect(raw.texts[0]).toBe(text);
    expect(wrapped.texts[0]).toBe(`{"stream":"btcusdt@trade","data":${text}}`);
  });

  test("without a snapshot, a client synchronises and the chain holds to the end", async () => {
    await startReplay({ files: [NO_SNAPSHOT], speed: "max", begin: "on-subscription" });
    using client = await RawClient.open(sim!, "/ws/btcusdt@depth@100ms");
    const { body } = await get(sim!, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
    await eventually(isFinished, "the end of the recording");
    await eventually(() => client.messages.length === 3929, "all diffs");
    expect(body.lastUpdateId + 1).toBeLessThanOrEqual(client.messages.at(-1).U);
    for (const [i, diff] of client.messages.slice(1).entries()) {
      expect(diff.U).toBe(client.messages[i].u + 1);
    }
  });

  test("two sessions merge by time and keep each symbol's chain", async () => {
    await startReplay({ files: [BTC_2024, ETH_2024], speed: "max", begin: "on-subscription" });
    const books = await Promise.all(
      ["BTCUSDT", "ETHUSDT"].map((symbol) => FollowedBook.follow(sim!, symbol)),
    );
    await eventually(isFinished, "the end of both recordings", 60_000);
    const finals = [50093421584, 35346671849];
    await eventually(
      () => books.every(({ book }, i) => book.lastUpdateId === finals[i]),
      "the end",
    );
    expect(books.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  });

  test("keeps its pace at 50 times the speed and reports how far it is", async () => {
    const { control } = await startReplay({ files: [THIN_2021], speed: 50, begin: "at-once" });
    await eventually(isFinished, "30 recorded seconds");
    const { source } = control.status();
    expect(source).toMatchObject({
      source: "replay",
      state: "finished",
      exchangeTimeMs: 1633998542081,
    });
    expect(source.detail).toMatchObject({ sent: 269, messages: 269, speed: 50 });
  });

  test("waits for the first depth subscription when asked to", async () => {
    await startReplay({ files: [THIN_2021], speed: "max", begin: "on-subscription" });
    using trades = await RawClient.open(sim!, "/ws/nknusdt@aggTrade");
    expect(state()).toBe("waiting");
    using diffs = await RawClient.open(sim!, "/ws/nknusdt@depth@100ms");
    await eventually(() => diffs.messages.length === 150, "every diff of NKNUSDT");
    await eventually(() => trades.messages.length > 0, "an aggregate trade");
  });

  test("loops without a seam: ids go on, and a bridge restores the snapshot's book", async () => {
    const { control } = await startReplay({ files: [THIN_2021], speed: "step", end: "loop" });
    const followed = await FollowedBook.follow(sim!, "NKNUSDT");
    using trades = await RawClient.open(sim!, "/ws/nknusdt@aggTrade");
    const start = (await get(sim!, "/api/v3/depth?symbol=NKNUSDT&limit=1000")).body;
    control.step(269);
    const bridged = (await get(sim!, "/api/v3/depth?symbol=NKNUSDT&limit=1000")).body;
    expect(bridged.bids).toEqual(start.bids);
    expect(bridged.asks).toEqual(start.asks);
    for (let round = 0; round < 2; round++) control.step(269);
    const end = (await get(sim!, "/api/v3/depth?symbol=NKNUSDT&limit=1000")).body.lastUpdateId;
    await eventually(() => followed.book.lastUpdateId === end, "three rounds");
    expect(followed.failure).toBeUndefined();
    expect(end).toBeGreaterThan(499870179 + 2 * 400);
    await eventually(() => trades.messages.length === 3, "a trade per round");
    const ids = trades.messages.map((trade) => trade.a);
    expect(ids).toEqual([ids[0], ids[0] + 1, ids[0] + 2]);
  });

  test("derives tick and step from the data, blind to the odd old order", async () => {
    await startReplay({ files: [BTC_2024], speed: "step" });
    expect(
      filtersOf((await get(sim!, "/api/v3/exchangeInfo?symbol=BTCUSDT")).body.symbols[0]),
    ).toEqual(["BTC", "USDT", "0.01000000", "0.00001000"]);
    await sim!.close();
    await startReplay({ files: [THIN_2021], speed: "step" });
    const { body } = await get(sim!, "/api/v3/exchangeInfo");
    expect(body.symbols.map(filtersOf)).toEqual([
      ["NKN", "USDT", "0.00010000", "1.00000000"],
      ["BLZ", "ETH", "0.00000001", "1.00000000"],
      ["LRC", "BTC", "0.00000001", "1.00000000"],
      ["RUNE", "EUR", "0.00100000", "0.10000000"],
    ]);
  });

  test("candles and the day's figures follow the replayed trades", async () => {
    const { control } = await startReplay({ files: [BTC_2024], speed: "step" });
    control.step(41_249);
    const { body: candles } = await get(sim!, "/api/v3/klines?symbol=BTCUSDT&interval=1m");
    const recording = await readRecording([BTC_2024]);
    const trades = recording.messages
      .filter((message) => message.stream.endsWith("@trade"))
      .map((message) => JSON.parse(message.payload));
    const minute = 1723161300000;
    const inMinute = trades.filter((trade) => trade.T >= minute && trade.T < minute + 60_000);
    const prices = inMinute.map((trade) => Number(trade.p));
    const candle = candles.find((each: unknown[]) => each[0] === minute);
    expect(candle.slice(1, 5).map(Number)).toEqual([
      prices[0],
      Math.max(...prices),
      Math.min(...prices),
      prices.at(-1),
    ]);
    expect(candle[8]).toBe(inMinute.length);
    const { body: day } = await get(sim!, "/api/v3/ticker/24hr?symbol=BTCUSDT");
    expect([day.count, day.lastId, day.lastPrice]).toEqual([
      9757,
      trades.at(-1).t,
      trades.at(-1).p,
    ]);
  });

  test("refuses recordings without a common moment, and looping without a snapshot", async () => {
    await expect(readRecording([BTC_2024, THIN_2021])).rejects.toThrow("must overlap in time");
    const loop = startMarketSim({ replay: { files: [NO_SNAPSHOT], end: "loop" } });
    await expect(loop).rejects.toThrow("Only recordings with a snapshot");
  });
});

test("a missing recording and a foreign format are refused by name", async () => {
  await expect(readRecording(["nowhere.jsonl"])).rejects.toThrow("nowhere.jsonl cannot be read");
  const thisFile = new URL(import.meta.url).pathname;
  await expect(readRecording([thisFile])).rejects.toThrow("Line 1 of");
});

function filtersOf(symbol: Json): string[] {
  const filter = (type: string) => symbol.filters.find((each: Json) => each.filterType === type);
  const { tickSize } = filter("PRICE_FILTER");
  return [symbol.baseAsset, symbol.quoteAsset, tickSize, filter("LOT_SIZE").stepSize];
}
