import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import { type PointerEvent, useRef } from "react";
import { assetName, fixed, sized } from "../lib/format.ts";
import { requestDraw, useFrameDraw } from "../lib/frame.ts";
import { useElementSize } from "../lib/use-element-size.ts";
import { useResolvedTheme } from "../model/use-theme.ts";
import { cumulativeAt, type DepthCurve, type DepthPoint, depthCurve } from "./depth-curve.ts";
import { type ThemeColors, themeColors } from "./theme-colors.ts";

const AXIS_PX = 22;
const TOP_PX = 18;

interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colors: ThemeColors;
}

/** Cumulative size of both sides around the mid, of the deep book: once a second. */
export function DepthChart({ market }: { market: MarketInfo }) {
  const client = useMirrorbook();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointer = useRef<number | null>(null);
  const size = useElementSize(box);
  const book = client.book(market.symbol, 1000);
  useResolvedTheme(); // A new theme is a new drawing.

  const redraw = useFrameDraw(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || size.width === 0) return;
    const ratio = devicePixelRatio;
    if (element.width !== size.width * ratio || element.height !== size.height * ratio) {
      element.width = size.width * ratio;
      element.height = size.height * ratio;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const { book: view } = book.getSnapshot();
    const curve = view === null ? null : depthCurve(view.bids, view.asks);
    if (curve === null) return;
    const frame = { context, ...size, colors: themeColors() };
    drawSide(frame, curve, curve.bids, frame.colors.buy, frame.colors.buyFaint);
    drawSide(frame, curve, curve.asks, frame.colors.sell, frame.colors.sellFaint);
    drawAxis(frame, curve, market);
    if (pointer.current !== null) drawPointer(frame, curve, pointer.current, market);
  }, [book]);

  function point(event: PointerEvent | null): void {
    pointer.current = event?.nativeEvent.offsetX ?? null;
    requestDraw(redraw);
  }

  return (
    <div ref={box} className="chart-box">
      <canvas
        ref={canvas}
        className="chart-canvas"
        role="img"
        aria-label={`Depth of ${market.symbol}: cumulative size on both sides of the mid`}
        onPointerMove={point}
        onPointerLeave={() => point(null)}
      />
    </div>
  );
}

const xOf = ({ width }: Frame, curve: DepthCurve, price: number) =>
  width / 2 + ((price - curve.mid) / curve.span) * (width / 2);

const yOf = ({ height }: Frame, curve: DepthCurve, cumulative: number) =>
  height - AXIS_PX - (cumulative / curve.cumulativeMax) * (height - AXIS_PX - TOP_PX);

function drawSide(
  frame: Frame,
  curve: DepthCurve,
  points: readonly DepthPoint[],
  stroke: string,
  fill: string,
): void {
  const { context, height } = frame;
  const first = points[0];
  if (first === undefined) return;
  const floor = height - AXIS_PX;
  const line = new Path2D();
  line.moveTo(xOf(frame, curve, first.price), floor);
  let y = floor;
  for (const point of points) {
    const x = xOf(frame, curve, point.price);
    line.lineTo(x, y);
    y = yOf(frame, curve, point.cumulative);
    line.lineTo(x, y);
  }
  const edge = first.price < curve.mid ? 0 : frame.width;
  line.lineTo(edge, y);
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke(line);
  line.lineTo(edge, floor);
  line.closePath();
  context.fillStyle = fill;
  context.fill(line);
}

function drawAxis(frame: Frame, curve: DepthCurve, market: MarketInfo): void {
  const { context, width, height, colors } = frame;
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = colors.muted;
  context.textBaseline = "alphabetic";
  const base = height - 6;
  const decimals = Math.max(0, Math.min(market.priceDecimals, 2));
  for (const part of [-0.75, -0.375, 0, 0.375, 0.75]) {
    context.textAlign = "center";
    const label = fixed(curve.mid + part * curve.span, decimals);
    context.fillText(part === 0 ? `mid ${label}` : label, width / 2 + part * (width / 2), base);
  }
  context.textAlign = "left";
  const unit = assetName(market.base);
  context.fillText(`${sized(curve.cumulativeMax, 2)} ${unit}`, 8, TOP_PX - 4);
}

function drawPointer(frame: Frame, curve: DepthCurve, x: number, market: MarketInfo): void {
  const { context, width, height, colors } = frame;
  const price = curve.mid + ((x - width / 2) / (width / 2)) * curve.span;
  const cumulative = cumulativeAt(curve, price);
  const away = Math.abs(price / curve.mid - 1) * 100;
  context.strokeStyle = colors.muted;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, TOP_PX);
  context.lineTo(x, height - AXIS_PX);
  context.stroke();
  context.setLineDash([]);
  const text = `${fixed(price, market.priceDecimals)} · ${sized(cumulative, 2)} ${assetName(market.base)} · ${fixed(away, 2)}% from mid`;
  context.fillStyle = colors.text;
  context.textAlign = x < width / 2 ? "left" : "right";
  context.fillText(text, x + (x < width / 2 ? 8 : -8), TOP_PX + 8);
}
