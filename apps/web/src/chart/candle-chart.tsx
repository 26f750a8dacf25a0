import type { MarketInfo } from "@mirrorbook/protocol";
import { useMirrorbook } from "@mirrorbook/sdk/react";
import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";
import { fixed } from "../lib/format.ts";
import { cancelDraw, leaveNextFrame, requestDraw, usePacedDraw } from "../lib/frame.ts";
import { useResolvedTheme } from "../model/use-theme.ts";
import {
  addTrade,
  type Candle,
  fromWire,
  type Interval,
  tradesAfter,
  type WireCandle,
} from "./candles.ts";
import { type ThemeColors, themeColors } from "./theme-colors.ts";

const CANDLES = 500;
/** Wide enough to tell a body from a wick. */
const CANDLE_PX = 9;
/** Read again this often, so that what trades alone cannot tell (a gap of the feed) is mended. */
const REFRESH_MS = 60_000;
const RETRY_MS = 3_000;
/** The chart draws all of itself at each change: four times a second is as much as an eye can use. */
const REDRAW_MS = 250;

interface Parts {
  readonly chart: IChartApi;
  readonly prices: ISeriesApi<"Candlestick">;
  readonly volumes: ISeriesApi<"Histogram">;
  colors: ThemeColors;
}

type Phase = "loading" | "ready" | "failed";

/** Candles of the market, live. */
export default function CandleChart(props: { market: MarketInfo; interval: Interval }) {
  const { market, interval } = props;
  const { symbol, priceDecimals } = market;
  const client = useMirrorbook();
  const theme = useResolvedTheme();
  const box = useRef<HTMLElement>(null);
  const parts = useRef<Parts | null>(null);
  const candles = useRef<{ last: Candle | undefined; seq: number }>({ last: undefined, seq: 0 });
  const [phase, setPhase] = useState<Phase>("loading");
  const tape = client.tape(symbol);

  useEffect(() => {
    const made = makeChart(box.current!);
    parts.current = made;
    return () => {
      parts.current = null;
      made.chart.remove();
    };
  }, []);

  // The document gets its theme in an effect of a parent, which runs after this one: paint in the next frame.
  useEffect(() => {
    const repaint = () => parts.current !== null && theme !== undefined && paint(parts.current);
    requestDraw(repaint);
    return () => cancelDraw(repaint);
  }, [theme]);

  useEffect(() => {
    const minMove = 10 ** -priceDecimals;
    parts.current?.chart.applyOptions({
      localization: { priceFormatter: (price: number) => fixed(price, priceDecimals) },
    });
    parts.current?.prices.applyOptions({
      priceFormat: { type: "price", precision: priceDecimals, minMove },
    });
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    async function load(isFirst: boolean): Promise<void> {
      const path = `markets/${symbol}/candles?interval=${interval}&limit=${CANDLES}`;
      try {
        const answer = await client.fetch<{ candles: WireCandle[] }>(path);
        if (stopped || parts.current === null) return;
        const list = answer.candles.map(fromWire);
        candles.current = { last: list.at(-1), seq: tape.getSnapshot()[0]?.seq ?? 0 };
        show(parts.current, list);
        if (isFirst) frameLatest(parts.current, list.length);
        setPhase("ready");
        timer = setTimeout(() => void load(false), REFRESH_MS);
      } catch {
        if (stopped) return;
        setPhase((now) => (now === "ready" ? now : "failed"));
        timer = setTimeout(() => void load(isFirst), RETRY_MS);
      }
    }
    candles.current = { last: undefined, seq: Number.POSITIVE_INFINITY };
    setPhase("loading");
    void load(true);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [client, symbol, interval, priceDecimals, tape]);

  function drawLatest(): void {
    const state = candles.current;
    const trades = tape.getSnapshot();
    if (parts.current === null || state.last === undefined) return;
    const before = state.last;
    const moved = tradesAfter(trades, state.seq).map((trade) => {
      state.last = addTrade(state.last, trade, interval) ?? state.last;
      return state.last!;
    });
    state.seq = Math.max(state.seq, trades[0]?.seq ?? 0);
    const changed = lastOfEach([before, ...moved]);
    for (const candle of changed) draw(parts.current, candle);
    if (changed.length > 0) leaveNextFrame();
  }
  usePacedDraw(drawLatest, [tape], REDRAW_MS);

  return (
    <div className="chart-box">
      <figure
        ref={box}
        className="chart-canvas"
        aria-label={`Candles of ${symbol}, ${interval} each`}
      />
      {phase === "loading" && <p className="chart-note">Loading candles…</p>}
      {phase === "failed" && (
        <p className="chart-note">Candles are not available right now. Trying again…</p>
      )}
    </div>
  );
}

function makeChart(box: HTMLElement): Parts {
  const chart = createChart(box, {
    autoSize: true,
    layout: { attributionLogo: true, fontSize: 11, fontFamily: getComputedStyle(box).fontFamily },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.24 } },
    timeScale: { borderVisible: false, timeVisible: true, secondsVisible: false, rightOffset: 4 },
    localization: { locale: "en-GB" },
  });
  const prices = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const volumes = chart.addSeries(HistogramSeries, {
    priceScaleId: "",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volumes.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  return { chart, prices, volumes, colors: themeColors() };
}

function paint(parts: Parts): void {
  const { chart, prices, volumes } = parts;
  const colors = themeColors();
  parts.colors = colors;
  chart.applyOptions({
    layout: { background: { color: "transparent" }, textColor: colors.muted },
    grid: { vertLines: { color: colors.line }, horzLines: { color: colors.line } },
    crosshair: {
      vertLine: { color: colors.muted, labelBackgroundColor: colors.accent },
      horzLine: { color: colors.muted, labelBackgroundColor: colors.accent },
    },
  });
  // Rising candles are hollow-looking by brightness too: direction is never told by hue alone.
  prices.applyOptions({
    upColor: colors.panel,
    downColor: colors.sell,
    wickUpColor: colors.buy,
    wickDownColor: colors.sell,
    borderVisible: true,
    borderUpColor: colors.buy,
    borderDownColor: colors.sell,
    priceLineColor: colors.accent,
  });
  volumes.applyOptions({ color: colors.line });
}

function show({ prices, volumes, colors }: Parts, list: readonly Candle[]): void {
  prices.setData(list.map(priceBar));
  volumes.setData(list.map((candle) => volumeBar(candle, colors)));
}

function draw({ prices, volumes, colors }: Parts, candle: Candle): void {
  prices.update(priceBar(candle));
  volumes.update(volumeBar(candle, colors));
}

/** The latest state of each candle, oldest first; none when nothing moved. */
function lastOfEach(states: readonly Candle[]): Candle[] {
  if (states.length < 2) return [];
  return [...new Map(states.map((candle) => [candle.openTimeMs, candle])).values()];
}

function frameLatest({ chart }: Parts, count: number): void {
  requestDraw(() => {
    const shown = chart.timeScale().width() / CANDLE_PX;
    chart.timeScale().setVisibleLogicalRange({ from: count - shown, to: count + 4 });
  });
}

/** The chart shows times as they are; shifted, they read as the visitor's own clock. */
const secondsOf = (ms: number) =>
  (Math.floor(ms / 1000) - new Date(ms).getTimezoneOffset() * 60) as UTCTimestamp;

function priceBar({ openTimeMs, open, high, low, close }: Candle) {
  return { time: secondsOf(openTimeMs), open, high, low, close };
}

function volumeBar({ openTimeMs, open, close, volume }: Candle, colors: ThemeColors) {
  return {
    time: secondsOf(openTimeMs),
    value: volume,
    color: close >= open ? colors.buyFaint : colors.sellFaint,
  };
}
