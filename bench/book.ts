/**
 * Question: how fast does a book take Binance's depth events, compared with the obvious book?
 *
 * Input: the recorded sessions BTCUSDT and ETHUSDT of 2024-08-08 (5 min 46 s each; 6,885 diffs, mean 33 levels, up to
 * 1,076), parsed beforehand, from the recorded snapshot to the last diff, again and again. The naive book is a sorted
 * array of [price, size] with findIndex, splice, push and sort, as most tutorials have it. Both see the same events and
 * must end with the same best 20 levels. Best of several rounds, since the machine may be shared.
 *
 * Last result (2 shared cores, Node 24.21): see bench/README.md.
 */
import { applyDepth, applySnapshot, Book, type BookLevel, type DepthEvent } from "@mirrorbook/book";
import { invariant } from "@mirrorbook/kernel";
import {
  type DepthSession,
  depthSessions,
  readRecording,
  recordingsExist,
} from "@mirrorbook/testkit";

const FILES = ["spot-btcusdt-2024-08-08.jsonl.gz", "spot-ethusdt-2024-08-08.jsonl.gz"];
const ROUNDS = 7;
const NAIVE_ROUNDS = 3;

interface Speed {
  readonly diffsPerSecond: number;
  readonly microsecondsPerLevelChange: number;
}

export async function run(): Promise<object> {
  invariant(recordingsExist, "the recordings stand in shared/market-data beside the repository");
  const sessions = FILES.flatMap((file) => [...depthSessions(readRecording(file)).values()]);
  for (const session of sessions) compareEnds(session);

  const book = measure(sessions, ROUNDS, replay);
  const naive = measure(sessions, NAIVE_ROUNDS, replayNaively);
  const ratio = Math.round((book.diffsPerSecond / naive.diffsPerSecond) * 10) / 10;
  const result = { ...book, naive, ratio };
  console.log(describe("book ", book));
  console.log(describe("naive", naive));
  console.log(`The book is ${ratio} times as fast.`);
  return result;
}

function describe(name: string, { diffsPerSecond, microsecondsPerLevelChange }: Speed): string {
  return `${name}  ${diffsPerSecond.toLocaleString("en")} diffs/s, ${microsecondsPerLevelChange} µs per level change`;
}

function measure(
  sessions: readonly DepthSession[],
  rounds: number,
  play: (session: DepthSession) => unknown,
): Speed {
  const events = sessions.flatMap((session) => session.events);
  const changes = events.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    for (const session of sessions) play(session);
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return {
    diffsPerSecond: Math.round(events.length / (bestMs / 1000)),
    microsecondsPerLevelChange: Math.round((bestMs * 1e6) / changes) / 1000,
  };
}

function replay({ units, snapshot, events }: DepthSession): Book {
  const book = new Book(units);
  applySnapshot(book, snapshot!);
  for (const event of events) applyDepth(book, event);
  return book;
}

interface NaiveBook {
  lastUpdateId: number;
  bids: [price: number, size: number][];
  asks: [price: number, size: number][];
}

function replayNaively({ snapshot, events }: DepthSession): NaiveBook {
  const book: NaiveBook = {
    lastUpdateId: snapshot!.lastUpdateId,
    bids: snapshot!.bids.map(([price, size]) => [price, size]),
    asks: snapshot!.asks.map(([price, size]) => [price, size]),
  };
  for (const event of events) applyNaively(book, event);
  return book;
}

function applyNaively(book: NaiveBook, event: DepthEvent): void {
  if (event.finalUpdateId <= book.lastUpdateId) return;
  for (const level of event.bids) setNaively(book.bids, level);
  for (const level of event.asks) setNaively(book.asks, level);
  book.bids.sort(([a], [b]) => b - a);
  book.asks.sort(([a], [b]) => a - b);
  book.lastUpdateId = event.finalUpdateId;
}

function setNaively(levels: [number, number][], [price, size]: BookLevel): void {
  const index = levels.findIndex(([other]) => other === price);
  if (index < 0) {
    if (size > 0) levels.push([price, size]);
  } else if (size === 0) levels.splice(index, 1);
  else levels[index]![1] = size;
}

function compareEnds(session: DepthSession): void {
  const book = replay(session);
  const naive = replayNaively(session);
  const same =
    JSON.stringify(book.top("bid", 20)) === JSON.stringify(naive.bids.slice(0, 20)) &&
    JSON.stringify(book.top("ask", 20)) === JSON.stringify(naive.asks.slice(0, 20));
  invariant(same, "both books end alike");
}
