import type { MarketChoice } from "./market.ts";

export interface Summary {
  readonly tookMs: number;
  readonly gatewayPorts: readonly number[];
  readonly market: MarketChoice;
  readonly symbols: readonly string[];
  /** Names and ports of what runs. */
  readonly running: readonly string[];
  readonly redis: string;
  readonly dataFolder: string;
}

/** What whoever started the cluster needs to know, on one screen. */
export function summaryText(summary: Summary): string {
  const urls = summary.gatewayPorts.map((port, index) => {
    const note = index === 0 ? "" : ", the same exchange from another node";
    return `http://localhost:${port}   gateway ${index + 1}${note}`;
  });
  const rows: [title: string, lines: readonly string[]][] = [
    ["Open", urls],
    ["Market", [marketLine(summary.market), summary.symbols.join(" ")]],
    ["Running", [summary.running.join(", ")]],
    ["Redis", [summary.redis]],
    ["Logs", [`${summary.dataFolder}/logs/<name>.log`]],
    ["Stop", ["Ctrl-C"]],
  ];
  const lines = rows.flatMap(([title, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? title : "").padEnd(9)}${text}`),
  );
  const took = (summary.tookMs / 1000).toFixed(1);
  return ["", `Mirrorbook is ready after ${took} s`, "", ...lines, ""].join("\n");
}

function marketLine({ source, reason }: MarketChoice): string {
  return source === "binance" ? `LIVE BINANCE: ${reason}` : `SIMULATED, no real prices: ${reason}`;
}
