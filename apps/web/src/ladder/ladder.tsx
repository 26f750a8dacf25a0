import { parseUnits } from "@mirrorbook/kernel";
import type { BookDepth, MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { type KeyboardEvent, useMemo, useRef } from "react";
import { isNumberRecord, keptStore } from "../lib/kept.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { useModel } from "../model/context.ts";
import { FeedNote } from "../status/feed-note.tsx";
import { type BookSide, groupingsFor } from "./group-levels.ts";
import { ROW_PX } from "./ladder-bars.ts";
import { LadderMiddle } from "./ladder-middle.tsx";
import type { LadderSide } from "./ladder-view.ts";
import { useLadderDrawing } from "./use-ladder-drawing.ts";

const MIDDLE_PX = 34;
const ROWS_MIN = 3;
/** Groups this wide need the deep book, which comes once a second instead of ten times. */
const DEEP_FROM_TICKS = 100;

/** Chosen grouping by symbol, in ticks. */
const groupings = keptStore<Record<string, number>>("groupings", {}, isNumberRecord);

/** The order book with cumulative depth; a click, or Enter on a row, takes its price to the ticket. */
export function Ladder({ market }: { market: MarketInfo }) {
  const model = useModel();
  const { symbol, priceDecimals } = market;
  const frame = useRef<HTMLDivElement>(null);
  const asks = useRef<HTMLDivElement>(null);
  const bids = useRef<HTMLDivElement>(null);
  const lists = useMemo(() => ({ ask: asks, bid: bids }), []);
  const { width, height } = useElementSize(frame);
  const tick = Math.max(1, parseUnits(market.tickSize, priceDecimals));
  const groupTicks = useReadable(groupings)[symbol] ?? tick;
  const depth: BookDepth = groupTicks / tick >= DEEP_FROM_TICKS ? 1000 : 100;
  const rowCount = Math.max(ROWS_MIN, Math.floor((height - MIDDLE_PX) / 2 / ROW_PX));
  const sides = useLadderDrawing({ market, depth, groupTicks, rowCount, width, lists });
  const book = useMirrorbook().book(symbol, depth);

  function pick(price: string | null | undefined): void {
    if (price) model.pick(price);
  }

  function onKeyDown(name: BookSide, event: KeyboardEvent): void {
    const side = sides.current?.[name];
    const [outwards, inwards] = name === "ask" ? UP_AND_DOWN : DOWN_AND_UP;
    if (event.key === outwards) side?.move(1);
    else if (event.key === inwards) side?.move(-1);
    else if (event.key === "Enter" || event.key === " ") pick(side?.activePrice);
    else return;
    event.preventDefault();
  }

  const list = (name: BookSide, label: string) => (
    <div
      ref={lists[name]}
      className={`rungs ${name}s`}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      onClick={(event) => pick(sides.current?.[name].priceAt(event.target))}
      onKeyDown={(event) => onKeyDown(name, event)}
      onFocus={() => activate(sides.current?.[name])}
      onBlur={() => sides.current?.[name].setActive(-1)}
    />
  );

  return (
    <section className="panel ladder" aria-label="Order book">
      <header className="panel-head">
        <h2>Order book</h2>
        <Grouping market={market} tick={tick} value={groupTicks} />
      </header>
      <div className="rung-head" aria-hidden="true">
        {["Price", "Size", "Total"].map((name) => (
          <span key={name} className="column">
            {name}
          </span>
        ))}
      </div>
      <div ref={frame} className="ladder-frame">
        {list("ask", "Asks, best at the bottom. Enter takes the price.")}
        <LadderMiddle market={market} />
        {list("bid", "Bids, best at the top. Enter takes the price.")}
        <FeedNote market={market} book={book} />
      </div>
    </section>
  );
}

const UP_AND_DOWN = ["ArrowUp", "ArrowDown"] as const;
const DOWN_AND_UP = ["ArrowDown", "ArrowUp"] as const;

/** The keyboard enters at the best price; a mouse press focuses too, and is not meant. */
function activate(side: LadderSide | undefined): void {
  if (document.activeElement?.matches(":focus-visible")) side?.setActive(0);
}

function Grouping(props: { market: MarketInfo; tick: number; value: number }) {
  const { market, tick, value } = props;
  const last = useMirrorbook().ticker(market.symbol).getSnapshot()?.last;
  const lastTicks = last ? parseUnits(last, market.priceDecimals) : 0;
  const widths = [...new Set([...groupingsFor(tick, lastTicks), value])];
  return (
    <label className="compact-field">
      <span className="visually-hidden">Price grouping</span>
      <select
        value={value}
        onChange={(event) => {
          const choice = { [market.symbol]: Number(event.target.value) };
          groupings.set({ ...groupings.getSnapshot(), ...choice });
        }}
      >
        {widths.map((width) => (
          <option key={width} value={width}>
            {String(width / 10 ** market.priceDecimals)}
          </option>
        ))}
      </select>
    </label>
  );
}
