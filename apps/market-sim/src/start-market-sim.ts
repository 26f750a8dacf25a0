import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError, type Clock, systemClock } from "@mirrorbook/kernel";
import type { Logger } from "pino";
import { controlRoutes } from "./faults/control-routes.ts";
import { Faults } from "./faults/faults.ts";
import { MarketControl } from "./faults/market-control.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { MarketSource } from "./market-source.ts";
import { readRecording } from "./replay/recording.ts";
import { type ReplayOptions, ReplaySource } from "./replay/replay-source.ts";
import { marketRoutes } from "./rest/market-routes.ts";
import { createRestServer } from "./rest/rest-server.ts";
import { StreamHub } from "./stream/stream-hub.ts";
import { StreamServer } from "./stream/stream-server.ts";
import { type MarketProfile, PRESET_SYMBOLS, profileOf } from "./synthetic/profile.ts";
import { SyntheticSource } from "./synthetic/synthetic-source.ts";

export type { RefusalFault } from "./faults/faults.ts";
export type { HaltStatus, MarketControl, SimStatus, Whom } from "./faults/market-control.ts";
export type { ReplayOptions, ReplaySpeed } from "./replay/replay-source.ts";

export interface MarketSimConfig {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Markets as `BTCUSDT`, or `NAMEUSDT:price` for one without a preset. */
  readonly symbols?: readonly string[];
  readonly seed?: string;
  /** Sends recordings instead of a synthetic market; several are merged by time. */
  readonly replay?: { readonly files: readonly string[] } & Partial<Omit<ReplayOptions, "onEnd">>;
  /** Serves `/control/…` for tests. The handle works either way. */
  readonly control?: boolean;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface MarketSim {
  /** REST base for `httpBase`, e.g. http://127.0.0.1:40123 */
  readonly url: string;
  /** WebSocket base for `wsBase`, e.g. ws://127.0.0.1:40123/ws */
  readonly wsUrl: string;
  readonly port: number;
  readonly control: MarketControl;
  close(): Promise<void>;
}

const DEFAULT_SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];

/** Starts a stand-in for Binance and resolves once it listens. */
export async function startMarketSim(config: MarketSimConfig = {}): Promise<MarketSim> {
  const { clock = systemClock, log, host = "127.0.0.1" } = config;
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const source = await makeSource(config, clock, () => void close());
  const faults = new Faults(clock);
  const hub = new StreamHub({
    streamsPerConnectionMax: limits.streamsPerConnectionMax,
    isLost: (symbol, stream) => faults.isLost(symbol, stream),
    onSubscribed: (stream) => source.onSubscribed?.(stream),
  });
  const control = new MarketControl({ source, hub, faults, clock });
  const routes = marketRoutes(source, (symbol) => control.infoOf(symbol));
  const app = createRestServer({ routes, faults, limits, clock });
  const server = createServer(app);
  new StreamServer({ server, hub, faults, limits, clock });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown();
    return closing;
  };
  const shutDown = async () => {
    source.stop();
    control.drop("all");
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    log?.info("Market simulator closed");
  };
  if (config.control) app.use("/control", controlRoutes(control, source.symbols, close));

  server.listen(config.port ?? 0, host);
  await once(server, "listening");
  source.start(hub);
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${port}`;
  log?.info({ url, symbols: source.symbols, ...source.status() }, "Market simulator listens");
  return { url, wsUrl: `ws://${host}:${port}/ws`, port, control, close };
}

async function makeSource(
  config: MarketSimConfig,
  clock: Clock,
  onEnd: () => void,
): Promise<MarketSource> {
  if (config.replay !== undefined) {
    const recording = await readRecording(config.replay.files);
    const options = { speed: 1, begin: "on-subscription", end: "hold", ...config.replay } as const;
    return new ReplaySource(recording, { ...options, onEnd }, clock);
  }
  return new SyntheticSource(profilesOf(config), config.seed ?? "mirrorbook", clock);
}

function profilesOf(config: MarketSimConfig): MarketProfile[] {
  return (config.symbols ?? DEFAULT_SYMBOLS).map((text) => {
    const profile = profileOf(text);
    if (profile !== undefined) return profile;
    const known = PRESET_SYMBOLS.join(", ");
    throw new AppError(
      "UNKNOWN_MARKET",
      `No preset for "${text}". Known: ${known}. Others as NAMEUSDT:price.`,
    );
  });
}
