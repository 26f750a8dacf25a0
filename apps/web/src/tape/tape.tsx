import type { MarketInfo } from "@mirrorbook/protocol";
import type { TapeTrade } from "@mirrorbook/sdk";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { type MouseEvent, useRef } from "react";
import { arrow, fixed, sized, stepDecimals, timeOf } from "../lib/format.ts";
import { setText, useFrameDraw } from "../lib/frame.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { useModel } from "../model/context.ts";

const ROW_PX = 20;
const ROWS_MAX = 80;

/** Public trades as they happen, newest on top; rows are reused, one write per frame. */
export function Tape({ market }: { market: MarketInfo }) {
  const model = useModel();
  const client = useMirrorbook();
  const list = useRef<HTMLDivElement>(null);
  const { height } = useElementSize(list);
  const tape = client.tape(market.symbol);

  useFrameDraw(() => {
    const element = list.current;
    if (element === null) return;
    const count = Math.min(ROWS_MAX, Math.floor(height / ROW_PX));
    while (element.children.length < count) element.append(makeLine());
    while (element.children.length > count) element.lastElementChild!.remove();
    const trades = tape.getSnapshot();
    for (let i = 0; i < count; i++) drawLine(element.children[i]!, trades[i], market);
  }, [tape]);

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
        <span>Price</span>
        <span>Size</span>
        <span>Time</span>
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
  for (let i = 0; i < 3; i++) line.append(document.createElement("span"));
  return line;
}

function drawLine(line: Element, trade: TapeTrade | undefined, market: MarketInfo): void {
  const [price, size, time] = line.children;
  const { dataset } = line as HTMLElement;
  if (trade === undefined) {
    for (const cell of line.children) setText(cell, "");
    delete dataset.side;
    return;
  }
  if (dataset.side !== trade.side) dataset.side = trade.side;
  if (dataset.source !== trade.source) dataset.source = trade.source;
  if (dataset.price !== trade.price) dataset.price = trade.price;
  const direction = arrow(trade.side === "buy" ? 1 : -1);
  setText(price, `${direction} ${fixed(trade.price, market.priceDecimals)}`);
  setText(size, sized(Number(trade.quantity), stepDecimals(market.stepSize)));
  setText(time, timeOf(trade.timestamp));
}
