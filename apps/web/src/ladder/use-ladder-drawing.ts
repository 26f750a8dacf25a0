import type { BookDepth, MarketInfo, Order } from "@mirrorbook/protocol";
import { createStore } from "@mirrorbook/sdk";
import { useMirrorbook, useTradingEvents } from "@mirrorbook/sdk/react";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import { stepDecimals } from "../lib/format.ts";
import { requestDraw, useFrameDraw } from "../lib/frame.ts";
import { useAccount } from "../model/context.ts";
import { type BookSide, groupLevels, sizesByGroup } from "./group-levels.ts";
import { IMPACT_SHOWN_MS, type Impact, impactsByRow, impactsOf, keepImpacts } from "./impacts.ts";
import { LadderSide, type Scale, type SideView } from "./ladder-view.ts";

const TOTAL_DECIMALS_MAX = 3;

export interface LadderDrawing {
  readonly market: MarketInfo;
  readonly depth: BookDepth;
  readonly groupTicks: number;
  readonly rowCount: number;
  /** In pixels. */
  readonly width: number;
  readonly lists: Record<BookSide, RefObject<HTMLDivElement | null>>;
}

/** Draws both sides of a ladder by hand, once per frame; returns them for clicks and keys. */
export function useLadderDrawing(
  drawing: LadderDrawing,
): RefObject<Record<BookSide, LadderSide> | null> {
  const { market, depth, groupTicks, rowCount, width, lists } = drawing;
  const { symbol, priceDecimals, stepSize } = market;
  const client = useMirrorbook();
  const account = useAccount();
  const sides = useRef<Record<BookSide, LadderSide> | null>(null);
  const impacts = useMemo(() => createStore<readonly Impact[]>([]), []);
  const book = client.book(symbol, depth);
  const held = client.held(symbol);

  useEffect(() => {
    sides.current = {
      ask: new LadderSide(lists.ask.current!, "ask"),
      bid: new LadderSide(lists.bid.current!, "bid"),
    };
    return () => {
      sides.current = null;
    };
  }, [lists.ask, lists.bid]);

  useTradingEvents({
    "trade:impact": (event) => {
      if (event.symbol !== symbol) return;
      const now = performance.now();
      const added = impactsOf(event, priceDecimals, now);
      impacts.set(keepImpacts(impacts.getSnapshot(), added, now));
      setTimeout(() => requestDraw(redraw), IMPACT_SHOWN_MS); // To take it away.
    },
  });

  function viewOf(side: BookSide, fresh: readonly Impact[], now: number): SideView {
    const { book: view } = book.getSnapshot();
    const { bids, asks } = held.getSnapshot();
    const levels = side === "bid" ? view?.bids : view?.asks;
    const own = restingSizes(client.orders.getSnapshot().items, { account, symbol, side });
    return {
      rows: groupLevels(levels ?? [], side, groupTicks, priceDecimals, rowCount),
      own: sizesByGroup(own, side, groupTicks, priceDecimals),
      held: sizesByGroup(side === "bid" ? bids : asks, side, groupTicks, priceDecimals),
      impacts: impactsByRow(fresh, side, groupTicks, now),
    };
  }

  const redraw = useFrameDraw(() => {
    if (sides.current === null) return;
    const { ask, bid } = sides.current;
    const now = performance.now();
    const fresh = keepImpacts(impacts.getSnapshot(), [], now);
    const [asks, bids] = [viewOf("ask", fresh, now), viewOf("bid", fresh, now)];
    const scale = scaleOf(
      asks,
      bids,
      priceDecimals - Math.floor(Math.log10(groupTicks)),
      stepDecimals(stepSize),
    );
    ask.resize(rowCount);
    bid.resize(rowCount);
    ask.draw(asks, scale, width, now);
    bid.draw(bids, scale, width, now);
  }, [book, held, client.orders, impacts]);

  return sides;
}

/** Own orders that stand in the book, by price; those waiting for a trigger do not. */
function restingSizes(
  orders: readonly Order[],
  { account, symbol, side }: { account: string; symbol: string; side: BookSide },
) {
  const orderSide = side === "bid" ? "buy" : "sell";
  return orders
    .filter(
      (order) =>
        order.account === account &&
        order.symbol === symbol &&
        order.side === orderSide &&
        order.status !== "pending",
    )
    .flatMap(({ price, remainingQuantity }) =>
      price === null ? [] : [[price, remainingQuantity ?? "0"] as const],
    );
}

function scaleOf(
  asks: SideView,
  bids: SideView,
  groupDecimals: number,
  sizeDecimals: number,
): Scale {
  const rows = [...asks.rows, ...bids.rows];
  return {
    totalMax: Math.max(0, ...rows.map((row) => row.cumulative)) || 1,
    sizeMax: Math.max(0, ...rows.map((row) => row.size)) || 1,
    groupDecimals: Math.max(0, groupDecimals),
    sizeDecimals,
    totalDecimals: Math.min(sizeDecimals, TOTAL_DECIMALS_MAX),
  };
}
