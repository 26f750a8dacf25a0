import { expect, test } from "@jest/globals";
import type { ArtilleryResult } from "../artillery.ts";
import { Histogram } from "../listeners/histogram.ts";
import { checksOf, type Run, reportText } from "../report.ts";

const good: Run = {
  profileName: "full",
  profile: { listeners: 2_000, deliveriesPerSecondMin: 20_000, delayP99MsMax: 50 },
  crowd: {
    held: 2_000,
    lost: 0,
    deliveriesPerSecond: 36_000,
    delayMs: { count: 1_000, p50: 8, p99: 50, max: 80 },
  },
  artillery: {
    exitCode: 0,
    counters: { "vusers.created": 460 },
    summaries: {},
    checks: ["ok: maxErrorRate < 0.1"],
  },
  cores: {},
};
const artillery = (changes: Partial<ArtilleryResult>) => ({
  artillery: { ...good.artillery, ...changes },
});
const crowd = (changes: Partial<Run["crowd"]>) => ({ crowd: { ...good.crowd, ...changes } });

test("a run that keeps to every threshold is good", () => {
  expect(checksOf(good).filter(({ holds }) => !holds)).toEqual([]);
});

test.each<[string, Partial<Run>, string]>([
  ["listeners were lost", crowd({ held: 1_999, lost: 1 }), "listeners held"],
  ["too little was delivered", crowd({ deliveriesPerSecond: 19_999 }), "deliveries/s"],
  [
    "deliveries were late",
    crowd({ delayMs: { ...good.crowd.delayMs, p99: 51 } }),
    "delivery p99 51 ms",
  ],
  [
    "nothing was timed",
    crowd({ delayMs: { count: 0, p50: null, p99: null, max: null } }),
    "delivery p99 null",
  ],
  [
    "Artillery broke a threshold",
    artillery({ exitCode: 1, checks: ["fail: socketio.response_time.p99 < 250"] }),
    "socketio.response_time.p99 < 250",
  ],
  ["Artillery failed by itself", artillery({ exitCode: 7 }), "Artillery ended with 7"],
  ["Artillery judged nothing", artillery({ checks: [] }), "Artillery ended with 0"],
])("a run is bad when %s", (_, changes, named) => {
  const run = { ...good, ...changes };
  const broken = checksOf(run).filter(({ holds }) => !holds);
  expect(broken).toEqual([{ what: expect.stringContaining(named), holds: false }]);
  expect(reportText(run)).toContain(`FAIL ${broken[0]!.what}`);
});

test("times are read off by rank, in whole milliseconds that are not too short", () => {
  const histogram = new Histogram();
  expect(histogram.times()).toEqual({ count: 0, p50: null, p99: null, max: null });
  for (let ms = 1; ms <= 100; ms++) histogram.add(ms - 0.5);
  expect(histogram.times()).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
  histogram.clear();
  for (const ms of [-3, 90_000]) histogram.add(ms);
  expect(histogram.times()).toEqual({ count: 2, p50: 0, p99: 60_000, max: 60_000 });
});
