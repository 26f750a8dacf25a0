/** Rooms in words. Pure. */
import type { MarketInfo, RoomMetric, RoomStatus, RoomView } from "@mirrorbook/protocol";
import { assetName, fixed, momentOf, trimmed } from "../lib/format.ts";
import { lengthText } from "./clock-face.ts";

export const METRIC_NAMES: Record<RoomMetric, string> = {
  return: "Return",
  realized_pnl: "Realised P&L",
  sharpe: "Sharpe ratio",
  sortino: "Sortino ratio",
  max_drawdown: "Smallest drawdown",
  calmar: "Calmar ratio",
};

/** Told by shape and word, never by colour alone. */
export const STATUS_NAMES: Record<RoomStatus, { readonly mark: string; readonly name: string }> = {
  draft: { mark: "✎", name: "Draft" },
  open: { mark: "○", name: "Open" },
  running: { mark: "▶", name: "Running" },
  paused: { mark: "‖", name: "Paused" },
  settling: { mark: "…", name: "Settling" },
  ended: { mark: "■", name: "Ended" },
};

export const FILL_MODELS: Record<RoomView["fillModel"], string> = {
  queue: "Behind the queue at its price",
  touch: "As soon as its price trades",
  cross: "Only when the price trades through",
};

export const HELD_SCOPES: Record<RoomView["heldScope"], string> = {
  account: "The room's own",
  global: "Shared with the whole exchange",
};

export const END_RULES: Record<RoomView["endRule"], string> = {
  mark: "Valued at the best bid",
  liquidate: "Sold at the book",
};

export interface RuleLine {
  readonly name: string;
  readonly text: string;
}

/** All rules of a room, for reading. */
export function ruleLines(room: RoomView, markets: readonly MarketInfo[]): RuleLine[] {
  return [
    { name: "Markets", text: marketNames(room, markets) },
    { name: "Starting cash", text: `$${fixed(room.startingCash, 2)}` },
    { name: "Ranked by", text: METRIC_NAMES[room.metric] },
    { name: "Starts", text: room.startsAt === null ? "when its owner starts it" : momentOf(room.startsAt) },
    { name: "Ends", text: endText(room) },
    { name: "Positions at the end", text: END_RULES[room.endRule] },
    { name: "Fees", text: feeText(room, markets) },
    { name: "Limit orders fill", text: FILL_MODELS[room.fillModel] },
    { name: "Liquidity taken", text: HELD_SCOPES[room.heldScope] },
    { name: "Latency", text: latencyText(room.latency) },
    { name: "Equity snapshots", text: `every ${lengthText(room.snapshotEveryMs)}` },
    { name: "Joined by", text: room.visibility === "public" ? "anyone" : "invitation code" },
  ]; // biome-ignore format: a table
}

/** "BTC, ETH, SOL": symbols as the rest of the page names them. */
export function marketNames(
  { markets: symbols }: Pick<RoomView, "markets">,
  markets: readonly MarketInfo[],
): string {
  const nameOf = (symbol: string) =>
    assetName(markets.find((market) => market.symbol === symbol)?.base ?? symbol);
  return symbols.map(nameOf).join(", ");
}

function endText({ endsAt, endedAt, durationMs }: RoomView): string {
  if (endedAt !== null) return momentOf(endedAt);
  if (endsAt !== null) return momentOf(endsAt);
  return durationMs === null
    ? "when its owner ends it"
    : `${lengthText(durationMs)} after the start`;
}

function feeText(room: RoomView, markets: readonly MarketInfo[]): string {
  const percent = (rate: string | null, venues: string | undefined) =>
    `${trimmed(Number(rate ?? venues ?? 0) * 100, 4)}%`;
  const { makerFeeRate: maker, takerFeeRate: taker } = room;
  const venue = markets[0];
  const text = `${percent(maker, venue?.makerFeeRate)} maker, ${percent(taker, venue?.takerFeeRate)} taker`;
  if (maker === null && taker === null) return `${text} (the venue's)`;
  return Number(maker ?? 1) === 0 && Number(taker ?? 1) === 0 ? "none" : text;
}

function latencyText(latency: RoomView["latency"]): string {
  if (latency === null) return "none";
  return latency.kind === "constant"
    ? `${latency.ms} ms`
    : `${latency.minMs} to ${latency.maxMs} ms`;
}

/** What a member is told when the room goes from one status to another; `null`: nothing worth a word. */
export function turnText(
  { name, status }: Pick<RoomView, "name" | "status">,
  before: RoomStatus,
): { readonly title: string; readonly text: string } | null {
  if (status === "running") {
    return before === "paused"
      ? { title: `${name} goes on`, text: "Orders are taken again." }
      : { title: `${name} has begun`, text: "Trade in it with its own portfolio." };
  }
  if (status === "paused") return { title: `${name} is paused`, text: "It takes no orders now." };
  if (status === "settling")
    return { title: `${name} is over`, text: "Results are being settled." };
  return status === "ended"
    ? { title: `${name} has ended`, text: "The final ranking is on its page." }
    : null;
}

/** Why orders cannot be placed in the room now; `null`: they can. */
export function tradingProblem(room: RoomView, market: Pick<MarketInfo, "symbol" | "base">) {
  if (room.status === "draft" || room.status === "open") return "The room has not started yet";
  if (room.status === "paused") return "The room is paused";
  if (room.status !== "running") return "The room is over";
  return room.markets.includes(market.symbol)
    ? null
    : `${assetName(market.base)} is not traded in this room`;
}

/** 1 → "1st". */
export function ordinal(rank: number): string {
  const ending = rank % 100 >= 11 && rank % 100 <= 13 ? 0 : rank % 10;
  return `${rank}${["th", "st", "nd", "rd"][ending] ?? "th"}`;
}
