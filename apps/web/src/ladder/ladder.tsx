import { parseUnits } from "@mirrorbook/kernel";
import type { BookDepth, MarketInfo } from "@mirrorbook/protocol";
import { createStore } from "@mirrorbook/sdk";
import { useMirrorbook, useReadable, useTradingEvents } from "@mirrorbook/sdk/react";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { arrow, fixed } from "../lib/format.ts";
import { requestDraw, setText, useFrameDraw } from "../lib/frame.ts";
import { isNumberRecord, keptStore } from "../lib/kept.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { prefersReducedMotion } from "../lib/use-media.ts";
import { useModel } from "../model/context.ts";
import { FeedNote } from "../status/feed-note.tsx";
import { groupingsFor, groupLevels, sizesByGroup } from "./group-levels.ts";
import { type Impact, impactsByRow, impactsOf, keepImpacts } from "./impacts.ts";
import { LadderSide } from "./ladder-view.ts";

const ROW_PX = 20;
const MIDDLE_PX = 34;
/** Groups this wide need the deep book, which comes once a second instead of ten times. */
const DEEP_FROM_TICKS = 100;

/** Chosen grouping by symbol, in ticks. */
const groupings = keptStore<Record<string, number>>("groupings", {}, isNumberRecord);

export function Ladder({ market }: { market: MarketInfo }) {
  const model = useModel();
  const client = useMirrorbook();
  const { symbol, priceDecimals, sizeDecimals } = market;
  const frame = useRef<HTMLDivElement>(null);
  const asks = useRef<HTMLDivElement>(null);
  const bids = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLSpanElement>(null);
  const spread = useRef<HTMLSpanElement>(null);
  const sides = useRef<{ ask: LadderSide; bid: LadderSide } | null>(null);
  const lastPrice = useRef<{ text: string | null; direction: number }>({
    text: null,
    direction: 0,
  });

  const tickTicks = Math.max(1, parseUnits(market.tickSize, priceDecimals));
  const group = useReadable(groupings)[symbol] ?? tickTicks;
  const depth: BookDepth = group / tickTicks >= DEEP_FROM_TICKS ? 1000 : 100;
  const book = client.book(symbol, depth);
  const ticker = client.ticker(symbol);
  const held = client.held(symbol);
  const impacts = useMemo(() => createStore<readonly Impact[]>([]), []);
  const { height } = useElementSize(frame);
  const rowCount = Math.max(3, Math.floor((height - MIDDLE_PX) / 2 / ROW_PX));

  useEffect(() => {
    sides.current = {
      ask: new LadderSide(asks.current!, "ask"),
      bid: new LadderSide(bids.current!, "bid"),
    };
    return () => {
      sides.current = null;
    };
  }, []);

  useTradingEvents({
    "trade:impact": (event) => {
      if (event.symbol !== symbol) return;
      const now = performance.now();
      const added = impactsOf(event, priceDecimals, now);
      impacts.set(keepImpacts(impacts.getSnapshot(), added, now));
    },
  });

  function drawMiddle(): void {
    const price = ticker.getSnapshot();
    if (price?.symbol !== symbol) return;
    const shown = lastPrice.current;
    if (price.last !== null && shown.text !== null && price.last !== shown.text) {
      shown.direction = Math.sign(Number(price.last) - Number(shown.text));
    }
    shown.text = price.last;
    setText(last.current, `${fixed(price.last, priceDecimals)} ${arrow(shown.direction)}`);
    last.current?.parentElement?.setAttribute("data-direction", String(shown.direction));
    if (price.bid === null || price.ask === null) return;
    const width = Number(price.ask) - Number(price.bid);
    const mid = (Number(price.ask) + Number(price.bid)) / 2;
    const bps = (width / mid) * 10_000;
    setText(spread.current, `${fixed(width, priceDecimals)} · ${fixed(bps, bps < 1 ? 2 : 1)} bp`);
  }

  const redraw = useFrameDraw(() => {
    drawMiddle();
    const views = sides.current;
    if (views === null) return;
    views.ask.resize(rowCount);
    views.bid.resize(rowCount);
    const now = performance.now();
    const current = keepImpacts(impacts.getSnapshot(), [], now);
    const state = book.getSnapshot().book;
    const taken = held.getSnapshot();
    const orders = client.orders.getSnapshot().items.filter((o) => o.symbol === symbol);
    const view = (side: "bid" | "ask") => {
      const own = orders.flatMap((order) =>
        order.price !== null &&
        order.status !== "pending" &&
        (order.side === "buy") === (side === "bid")
          ? [[order.price, order.remainingQuantity ?? "0"] as const]
          : [],
      );
      const levels = side === "bid" ? state?.bids : state?.asks;
      return {
        rows: groupLevels(levels ?? [], side, group, priceDecimals, rowCount),
        own: sizesByGroup(own, side, group, priceDecimals),
        held: sizesByGroup(side === "bid" ? taken.bids : taken.asks, side, group, priceDecimals),
        impacts: impactsByRow(current, side, group, now),
      };
    };
    const [ask, bid] = [view("ask"), view("bid")];
    const rows = [...ask.rows, ...bid.rows];
    const scale = {
      totalMax: Math.max(...rows.map((row) => row.cumulative), 0) || 1,
      sizeMax: Math.max(...rows.map((row) => row.size), 0) || 1,
      groupDecimals: Math.max(0, priceDecimals - Math.floor(Math.log10(group))),
      sizeDecimals,
    };
    views.ask.draw(ask, scale);
    views.bid.draw(bid, scale);
    if (current.length === 0) return;
    // The fade goes on by itself; without motion a look twice a second is enough to take it away.
    if (prefersReducedMotion()) setTimeout(() => requestDraw(redraw), 500);
    else requestDraw(redraw);
  }, [book, ticker, held, client.orders, impacts]);

  function onKeyDown(side: LadderSide | undefined, event: KeyboardEvent): void {
    const outwards = side === sides.current?.ask ? "ArrowUp" : "ArrowDown";
    const inwards = side === sides.current?.ask ? "ArrowDown" : "ArrowUp";
    if (event.key === outwards) side?.move(1);
    else if (event.key === inwards) side?.move(-1);
    else if (event.key === "Enter" || event.key === " ") pick(side?.activePrice ?? null);
    else return;
    event.preventDefault();
  }

  function pick(price: string | null): void {
    if (price !== null) model.pick(price);
  }

  const side = (name: "ask" | "bid", ref: typeof asks, label: string) => (
    // biome-ignore lint/a11y/useFocusableInteractive: it is focusable, by tabIndex.
    <div
      ref={ref}
      className={`rungs ${name}s`}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      onClick={(event) => pick(sides.current?.[name].priceAt(event.target) ?? null)}
      onKeyDown={(event) => onKeyDown(sides.current?.[name], event)}
      onFocus={() => sides.current?.[name].move(0)}
      onBlur={() => sides.current?.[name].setActive(-1)}
    />
  );

  return (
    <section className="panel ladder" aria-label="Order book">
      <header className="panel-head">
        <h2>Order book</h2>
        <label className="compact-field">
          <span className="visually-hidden">Price grouping</span>
          <select
            value={group}
            onChange={(event) =>
              groupings.set({ ...groupings.getSnapshot(), [symbol]: Number(event.target.value) })
            }
          >
            {groupingsFor(tickTicks, ticksOf(ticker.getSnapshot()?.last, priceDecimals)).map(
              (width) => (
                <option key={width} value={width}>
                  {(width / 10 ** priceDecimals).toString()}
                </option>
              ),
            )}
          </select>
        </label>
      </header>
      <div className="rung-head" aria-hidden="true">
        <span>Price</span>
        <span>Size</span>
        <span>Total</span>
      </div>
      <div ref={frame} className="ladder-frame">
        {side("ask", asks, "Asks, best at the bottom. Enter takes the price.")}
        <div className="ladder-middle">
          <span ref={last} className="last-price" />
          <span className="spread">
            <span ref={spread} />
          </span>
        </div>
        {side("bid", bids, "Bids, best at the top. Enter takes the price.")}
        <FeedNote market={market} book={book} />
      </div>
    </section>
  );
}

function ticksOf(price: string | null | undefined, decimals: number): number {
  return price ? parseUnits(price, decimals) : 0;
}
