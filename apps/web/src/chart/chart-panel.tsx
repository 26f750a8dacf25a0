import type { MarketInfo } from "@mirrorbook/protocol";
import { createStore } from "@mirrorbook/sdk";
import { useReadable } from "@mirrorbook/sdk/react";
import { lazy, Suspense } from "react";
import { isText, keptStore } from "../lib/kept.ts";
import { MarketHeadline } from "../market/market-headline.tsx";
import { INTERVALS, type Interval } from "./candles.ts";
import { DepthChart } from "./depth-chart.tsx";

/**
 * The chart library is the heaviest part of the page; everything else is there before it. Loaded at once, never later:
 * by then the gateway that has it may be gone.
 */
const CandleChart = lazy(() =>
  import("./candle-chart.tsx").catch(() => ({ default: ChartMissing })),
);

function ChartMissing() {
  return <p className="chart-note">The chart could not be loaded. Trading goes on without it.</p>;
}

const kind = createStore<"candles" | "depth">("candles");
const interval = keptStore<Interval>("interval", "1m", isInterval);

function isInterval(value: unknown): value is Interval {
  return isText(value) && (INTERVALS as readonly string[]).includes(value);
}

export function ChartPanel({ market }: { market: MarketInfo }) {
  const shown = useReadable(kind);
  const every = useReadable(interval);
  return (
    <section className="panel chart" aria-label="Chart">
      <header className="panel-head chart-head">
        <MarketHeadline market={market} />
        <fieldset className="choices" aria-label="Chart">
          {INTERVALS.map((name) => (
            <button
              key={name}
              type="button"
              className="choice"
              aria-pressed={shown === "candles" && every === name}
              onClick={() => {
                interval.set(name);
                kind.set("candles");
              }}
            >
              {name}
            </button>
          ))}
          <button
            type="button"
            className="choice"
            aria-pressed={shown === "depth"}
            onClick={() => kind.set("depth")}
          >
            Depth
          </button>
        </fieldset>
      </header>
      <Suspense fallback={<p className="chart-note">Loading the chart…</p>}>
        {shown === "depth" ? (
          <DepthChart key={market.symbol} market={market} />
        ) : (
          <CandleChart key={market.symbol} market={market} interval={every} />
        )}
      </Suspense>
    </section>
  );
}
