/**
 * Recorded Binance sessions: one received message per line, in order of receipt.
 * They live beside the repository in `shared/market-data` (see its README); where absent, tests that need them skip.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { BookLevel, BookUnits, DepthEvent, DepthSnapshot } from "@mirrorbook/book";
import { decimalsOf, type Lots, parseUnits, type Ticks } from "@mirrorbook/kernel";

const FOLDER = join(import.meta.dirname, "../../../../shared/market-data");

export const recordingsExist = existsSync(FOLDER);

export interface RecordedLine {
  /** Receive time on the recording machine, milliseconds since the epoch. */
  readonly t: number;
  readonly kind: "ws" | "rest";
  /** Stream name, or path and query of the REST call. */
  readonly stream: string;
  // biome-ignore lint/suspicious/noExplicitAny: a Binance payload as it came; its shape is what is being tested.
  readonly data: any;
}

/** Where a file of the folder stands, for programs that read it themselves. */
export function marketDataFile(name: string): string {
  return join(FOLDER, name);
}

/** Text of a file of the folder, unzipped when its name ends in `.gz`. */
export function readMarketData(name: string): string {
  const bytes = readFileSync(marketDataFile(name));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

export function readRecording(name: string): RecordedLine[] {
  return readMarketData(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedLine);
}

/** The depth part of a recording for one symbol, in ticks and lots; events from before the snapshot included. */
export interface DepthSession {
  readonly units: BookUnits;
  /** Absent in a recording that has none. */
  readonly snapshot: DepthSnapshot | undefined;
  readonly events: readonly DepthEvent[];
}

/** Takes a recording apart by symbol. Units are the coarsest in which every recorded number is whole. */
export function depthSessions(lines: readonly RecordedLine[]): Map<string, DepthSession> {
  const bySymbol = Map.groupBy(lines.filter(isDepth), symbolOf);
  return new Map([...bySymbol].map(([symbol, own]) => [symbol, depthSession(symbol, own)]));
}

function isDepth(line: RecordedLine): boolean {
  return line.kind === "rest" ? /^\/api\/v[13]\/depth\?/.test(line.stream) : "U" in line.data;
}

function symbolOf(line: RecordedLine): string {
  if (line.kind === "ws") return line.data.s;
  return new URLSearchParams(line.stream.split("?")[1]).get("symbol") ?? "";
}

function depthSession(symbol: string, lines: readonly RecordedLine[]): DepthSession {
  const units = unitsOf(symbol, lines);
  const levels = (raw: [string, string][]): BookLevel[] =>
    raw.map(([price, size]) => [
      parseUnits(price, units.priceDecimals) as Ticks,
      parseUnits(size, units.sizeDecimals) as Lots,
    ]);
  const snapshot = lines.find((line) => line.kind === "rest")?.data;
  const events = lines.filter((line) => line.kind === "ws").map((line) => line.data);
  return {
    units,
    snapshot: snapshot && {
      symbol,
      lastUpdateId: snapshot.lastUpdateId,
      bids: levels(snapshot.bids),
      asks: levels(snapshot.asks),
    },
    events: events.map((event) => ({
      symbol,
      firstUpdateId: event.U,
      finalUpdateId: event.u,
      exchangeTimeMs: event.E,
      bids: levels(event.b),
      asks: levels(event.a),
    })),
  };
}

function unitsOf(symbol: string, lines: readonly RecordedLine[]): BookUnits {
  let priceDecimals = 0;
  let sizeDecimals = 0;
  for (const { data } of lines) {
    for (const [price, size] of [...(data.bids ?? data.b), ...(data.asks ?? data.a)]) {
      priceDecimals = Math.max(priceDecimals, decimalsOf(price));
      sizeDecimals = Math.max(sizeDecimals, decimalsOf(size));
    }
  }
  return { symbol, priceDecimals, sizeDecimals };
}
