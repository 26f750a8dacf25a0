import { once } from "node:events";

const PROBE_WITHIN_MS = 3_000;

/** Where the book comes from, and why: shown to whoever starts the cluster. */
export interface MarketChoice {
  readonly source: "binance" | "simulated";
  readonly reason: string;
}

export interface MarketSettings {
  readonly MARKET: "auto" | "binance" | "simulated";
  readonly BINANCE_REST_URL: string;
  readonly BINANCE_WS_URL: string;
}

/** Answers with null when Binance can be used, else with what stands in the way. */
export type Probe = (settings: MarketSettings) => Promise<string | null>;

export async function chooseMarket(
  settings: MarketSettings,
  probe: Probe = probeBinance,
): Promise<MarketChoice> {
  if (settings.MARKET === "simulated") return { source: "simulated", reason: "MARKET=simulated" };
  if (settings.MARKET === "binance") return { source: "binance", reason: "MARKET=binance" };
  const obstacle = await probe(settings);
  if (obstacle === null) return { source: "binance", reason: "it can be reached" };
  return { source: "simulated", reason: `live Binance cannot be used from here: ${obstacle}` };
}

/** Tries what the feed needs: the REST side answers and the streams accept a connection. */
export async function probeBinance(settings: MarketSettings): Promise<string | null> {
  return (await probeRest(settings.BINANCE_REST_URL)) ?? probeStreams(settings.BINANCE_WS_URL);
}

async function probeRest(base: string): Promise<string | null> {
  const url = `${base}/api/v3/ping`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
    return response.ok ? null : `${url} answers ${response.status}`;
  } catch (error) {
    return `${url}: ${rootCause(error)}`;
  }
}

async function probeStreams(base: string): Promise<string | null> {
  const socket = new WebSocket(`${base.replace(/\/ws\/?$/, "")}/ws/btcusdt@bookTicker`);
  const signal = AbortSignal.timeout(PROBE_WITHIN_MS);
  const opened = await Promise.race([
    once(socket, "open", { signal }).then(() => true),
    once(socket, "error", { signal }).then(() => false),
  ]).catch(() => false);
  socket.close();
  return opened ? null : `${base} accepts no stream connection`;
}

/** "fetch failed" hides what happened in its cause. */
function rootCause(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return `no answer within ${PROBE_WITHIN_MS} ms`;
  return cause === undefined ? message : rootCause(cause);
}
