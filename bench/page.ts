/**
 * Does the page keep 60 frames per second while five markets stream, on a slow core?
 *
 * Input: a real exchange on the simulated market, five markets at ten updates a second, and the page in headless Chromium at
 * 1440 × 900 as a trader has it: candles, ladder, tape, a ticket with a preview, a position and resting orders. The page draws
 * in every frame of the display, throttled to a quarter of the processor as Chromium throttles it.
 *
 * From a trace: `busyMs` is the processor time that the main thread needs from one frame to the next; 60 frames per second
 * need it below 16.7. That is the figure which decides: a machine without a graphics card rasters on the processor, and the
 * frames per second then tell of the machine and of what else runs on it (`clockMs` is the same work by the clock). Beside it
 * the least that this machine can do: an empty page in which one number changes in every frame.
 *
 * Chromium throttles by stopping the thread for three times as long as it ran by the clock, waiting and other processes'
 * turns included: on a busy machine a quarter is less than a quarter.
 *
 * Last result: see bench/README.md.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { invariant } from "@mirrorbook/kernel";
import { builtPage, eventually, startBrowser, startCluster } from "@mirrorbook/testkit";
import type { Browser, Page } from "playwright-core";
import { Trader } from "../apps/web/test/browser/trader.ts";
import { type FrameWork, frameWork, percentile, type TraceEvent } from "./page/trace.ts";

const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"];
const THROTTLES = [1, 2, 4];
const SETTLE_MS = 3_000;
const WINDOW_MS = 10_000;
const FRAME_MS = 1_000 / 60;
const LONG_TASK_MS = 50;
const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"];

export async function run({ windowMs = WINDOW_MS } = {}): Promise<object> {
  await using cluster = await startCluster({
    gatewayEnv: { PAGE_DIR: await builtPage(), LOG_LEVEL: "error" },
    symbols: SYMBOLS,
  });
  await using browser = await startBrowser();
  await using trader = await Trader.arrive(browser, cluster.gateways[0]!.url);
  await trade(trader);
  const one = await browser.newPage({ viewport: trader.page.viewportSize() });
  await one.setContent("<output>0</output>");
  const results: Record<string, object> = {};
  for (const throttle of THROTTLES) {
    await trader.page.bringToFront();
    const page = await measure(browser, trader.page, throttle, windowMs);
    await one.bringToFront();
    const { busyMs } = await measure(browser, one, throttle, windowMs / 2);
    results[`throttled ${throttle} ×`] = { ...page, oneNumber: busyMs };
  }
  return results;
}

/** A position, orders in the book and an amount in the ticket. */
async function trade(trader: Trader): Promise<void> {
  const last = await trader.lastPrice();
  await trader.chooseDeskTab("Open orders");
  await trader.place({ side: "Buy", type: "Market", amount: "0.2" });
  await trader.notice("Bought 0.2 BTC").waitFor();
  for (const ratio of [0.995, 0.99]) {
    const fields = { Price: (last * ratio).toFixed(2) };
    await trader.place({ side: "Buy", type: "Limit", amount: "0.1", fields });
    await trader.rows(fields.Price.replace(/^(\d+)(\d{3})/, "$1,$2")).waitFor();
  }
  await trader.fill({ side: "Buy", type: "Market", amount: "0.25" });
  // Messages of what was done go by themselves; then nothing moves but the market.
  await eventually(async () => {
    invariant((await trader.notice(/./).count()) === 0, "no notice is shown any more");
  });
}

async function measure(browser: Browser, page: Page, throttle: number, windowMs: number) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: throttle });
  await sleep(SETTLE_MS);
  await browser.startTracing(page, { categories: CATEGORIES });
  const layoutShift = await page.evaluate(drawFor, windowMs);
  const trace = JSON.parse((await browser.stopTracing()).toString());
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return { ...figuresOf(frameWork(trace.traceEvents as TraceEvent[])), layoutShift };
}

/**
 * In the page: asks for every frame for so long; returns how much of the page moved in it (0 is nothing). Counts the frames
 * where there is a place for the number.
 */
function drawFor(windowMs: number): Promise<number> {
  return new Promise((resolve) => {
    let moved = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) moved += (entry as unknown as { value: number }).value;
    });
    observer.observe({ type: "layout-shift" });
    const endsAt = performance.now() + windowMs;
    const number = document.querySelector("body > output")?.firstChild as Text | null | undefined;
    function onFrame(now: number): void {
      if (number) number.data = String(Number(number.data) + 1);
      if (now < endsAt) requestAnimationFrame(onFrame);
      else resolve(moved);
    }
    requestAnimationFrame(onFrame);
  });
}

function figuresOf({ frames, seconds, busyMs, clockMs, taskMs, msPerSecond, messages }: FrameWork) {
  const over = busyMs.filter((ms) => ms > FRAME_MS).length;
  return {
    framesPerSecond: round(frames / seconds),
    messagesPerSecond: round(messages / seconds),
    busyMs: spread(busyMs),
    clockMs: spread(clockMs),
    framesOverBudgetPercent: round((100 * over) / frames),
    longTasks: taskMs.filter((ms) => ms > LONG_TASK_MS).length,
    busyPercent: round(busyMs.reduce((sum, ms) => sum + ms, 0) / seconds / 10),
    msPerSecond: Object.fromEntries(
      Object.entries(msPerSecond).map(([kind, ms]) => [kind, round(ms)]),
    ),
  };
}

function spread(values: readonly number[]) {
  const at = (share: number) => round(percentile(values, share));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1) };
}

const round = (value: number) => Math.round(value * 10) / 10;

if (import.meta.main) {
  const result = await run();
  console.log(process.argv.includes("--json") ? JSON.stringify(result) : result);
}
