import type { MarketInfo } from "@mirrorbook/protocol";
import type { TapeTrade } from "@mirrorbook/sdk";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { type MouseEvent, useRef } from "react";
import { arrow, fixed, sized, stepDecimals, timeOf } from "../lib/format.ts";
import { setData, setText, usePacedDraw } from "../lib/frame.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { useModel } from "../model/context.ts";

const ROW_PX = 20;
const ROWS_MAX = 80;
/** All lines move at each trade: five times a second is as much as an eye can follow. */
const REDRAW_MS = 200;

/** Public trades as they happen, newest on top; lines are reused, one write per frame. */
export function Tape({ market }: { market: MarketInfo }) {
  const model = useModel();
  const client = useMirrorbook();
  const list = useRef<HTMLDivElement>(null);
  const { height } = useElementSize(list);
  const tape = client.tape(market.symbol);

  usePacedDraw(
    () => {
      const element = list.current;
      if (element === null) return;
      const count = Math.min(ROWS_MAX, Math.floor(height / ROW_PX));
      while (element.children.length < count) element.append(makeLine());
      while (element.children.length > count) element.lastElementChild!.remove();
      const lines = element.children as HTMLCollectionOf<HTMLElement>;
      const trades = tape.getSnapshot();
      for (let i = 0; i < count; i++) drawLine(lines[i]!, trades[i], market);
    },
    [tape],
    REDRAW_MS,
  );

  function onClick(event: MouseEvent): void {
    const line = (event.target as Element).closest<HTMLElement>(".tape-line");
    if (line?.dataset.price) model.pick(line.dataset.price);
  }

  return (
    <section className="panel tape" aria-label="Trades">
      <header className="panel-head">
        <h2>Trades</h2>
      </header>
      <div className="tape-head" aria-hidden="true">
        {["Price", "Size", "Time"].map((name) => (
          <span key={name} className="column">
            {name}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the ladder offers the same by keyboard. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the mouse. */}
      <div ref={list} className="tape-lines" onClick={onClick} />
    </section>
  );
}

function makeLine(): HTMLElement {
  const line = document.createElement("div");
  line.className = "tape-line";
  for (let i = 0; i < 3; i++) {
    const cell = document.createElement("span");
    cell.className = "column";
    line.append(cell);
  }
  return line;
}

function drawLine(line: HTMLElement, trade: TapeTrade | undefined, market: MarketInfo): void {
  if (line.dataset.seq === String(trade?.seq)) return;
  const [price, size, time] = line.children;
  if (trade === undefined) {
    for (const cell of line.children) setText(cell, "");
    for (const name of ["seq", "side", "source", "price"]) delete line.dataset[name];
    return;
  }
  setData(line, "seq", String(trade.seq));
  setData(line, "side", trade.side);
  setData(line, "source", trade.source);
  setData(line, "price", trade.price);
  const direction = arrow(trade.side === "buy" ? 1 : -1);
  setText(price, `${direction} ${fixed(trade.price, market.priceDecimals)}`);
  setText(size, sized(Number(trade.quantity), stepDecimals(market.stepSize)));
  setText(time, timeOf(trade.timestamp));
}
