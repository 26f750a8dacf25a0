import type { Clock } from "@mirrorbook/kernel";
import type { SymbolInfo } from "../exchange-info.ts";
import type { MarketSource, SourceStatus } from "../market-source.ts";
import type { Connection, ConnectionStatus } from "../stream/connection.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { Faults, RefusalFault } from "./faults.ts";

/** Which connections a fault hits: one by its id, or all that are open now. */
export type Whom = number | "all";
/** Symbol status of Binance while trading is stopped. */
export type HaltStatus = "HALT" | "BREAK";

export interface SimStatus {
  readonly source: SourceStatus;
  readonly halted: readonly string[];
  readonly faults: Readonly<Record<string, unknown>>;
  readonly messagesTold: number;
  readonly connections: readonly ConnectionStatus[];
}

const STREAM_OF_SHUTDOWN = "!serverShutdown";

/** Everything a test can do to the market and its lines. Methods on connections tell how many they hit. */
export class MarketControl {
  private readonly source: MarketSource;
  private readonly hub: StreamHub;
  private readonly faults: Faults;
  private readonly clock: Clock;
  private readonly halted = new Map<string, HaltStatus>();

  constructor(parts: { source: MarketSource; hub: StreamHub; faults: Faults; clock: Clock }) {
    this.source = parts.source;
    this.hub = parts.hub;
    this.faults = parts.faults;
    this.clock = parts.clock;
  }

  /** Cuts lines without a closing handshake. */
  drop(whom: Whom): number {
    return this.each(whom, (connection) => connection.cut());
  }

  /** Closes lines with a WebSocket close code. */
  close(whom: Whom, code: number, reason: string): number {
    return this.each(whom, (connection) => connection.close(code, reason));
  }

  /** Swallows everything on lines that stay open, for a time; what is swallowed never arrives. */
  stall(whom: Whom, durationMs: number): number {
    return this.each(whom, (connection) => connection.stall(durationMs));
  }

  /** Delays every message on lines; 0 ends it. */
  slow(whom: Whom, delayMs: number): number {
    return this.each(whom, (connection) => connection.slow(delayMs));
  }

  /** Loses the next diffs of a symbol for everybody: a gap. */
  loseDiffs(symbol: string, diffs: number): void {
    this.faults.loseDiffs(symbol, diffs);
  }

  delayRest(delayMs: number): void {
    this.faults.restDelayMs = delayMs;
  }

  /** Answers REST requests and/or stream upgrades with an error, for some requests or some time, whichever ends first. */
  refuse(fault: Partial<RefusalFault> & Pick<RefusalFault, "status">): void {
    this.faults.refuse({
      target: "both",
      retryAfterSeconds: 1,
      requests: Number.POSITIVE_INFINITY,
      durationMs: Number.POSITIVE_INFINITY,
      ...fault,
    });
  }

  /** Stops trading in a symbol: its status changes and it sends nothing until it resumes. */
  halt(symbol: string, status: HaltStatus = "BREAK"): void {
    this.halted.set(symbol, status);
    this.source.setHalted(symbol, true);
  }

  resume(symbol: string): void {
    this.halted.delete(symbol);
    this.source.setHalted(symbol, false);
  }

  /** Tells every connection that the server is about to shut down. Source: Binance Spot docs, WebSocket Streams. */
  announceShutdown(): void {
    const payload = JSON.stringify({ e: "serverShutdown", E: this.clock.nowMs() });
    this.hub.tellEveryone(STREAM_OF_SHUTDOWN, payload);
  }

  /** Ends all faults that are not tied to a connection, and those of the open connections. */
  clear(): void {
    this.faults.clear();
    for (const symbol of [...this.halted.keys()]) this.resume(symbol);
    this.each("all", (connection) => {
      connection.stall(0);
      connection.slow(0);
    });
  }

  /** Lets recorded messages out one by one; only for a replay at speed `step`. */
  step(messages: number): number {
    return this.source.step?.(messages) ?? 0;
  }

  /** A symbol's entry in exchangeInfo, with the status it has now. */
  infoOf(symbol: string): SymbolInfo {
    const info = this.source.info(symbol);
    const status = this.halted.get(symbol);
    return status === undefined ? info : { ...info, status };
  }

  status(): SimStatus {
    return {
      source: this.source.status(),
      halted: [...this.halted.keys()],
      faults: this.faults.status(),
      messagesTold: this.hub.messagesTold,
      connections: [...this.hub.connections.values()].map((connection) => connection.status()),
    };
  }

  private each(whom: Whom, act: (connection: Connection) => void): number {
    const all = [...this.hub.connections.values()];
    const hit = whom === "all" ? all : all.filter((connection) => connection.id === whom);
    for (const connection of hit) act(connection);
    return hit.length;
  }
}
