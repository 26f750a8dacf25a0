import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Pace } from "../src/broadcast/pace.ts";

const INTERVAL_MS = 100;
const SLACK_MS = 50;

/** When each of the changes at `changesMs` is told: at once, or when the pace allows. */
function toldAt(changesMs: readonly number[]): number[] {
  const pace = new Pace(INTERVAL_MS, SLACK_MS);
  const told: number[] = [];
  for (const changeMs of changesMs) {
    if (changeMs < (told.at(-1) ?? -1)) continue; // Told together with the one before.
    const nowMs = changeMs + Math.max(0, pace.waitMs(changeMs));
    pace.told(nowMs);
    told.push(nowMs);
  }
  return told;
}

test("a rhythm is followed without delay, and again after one beat came late", () => {
  const beats = [0, 100, 200, 345, 400, 500, 600];
  expect(toldAt(beats)).toEqual(beats);
});

test("property: ten a second on average, whatever happens", () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 2, maxLength: 200 });
  fc.assert(
    fc.property(gaps, (gapsMs) => {
      let nowMs = 0;
      const told = toldAt(gapsMs.map((gapMs) => (nowMs += gapMs)));
      for (const [i, atMs] of told.entries()) {
        for (const [ahead, laterMs] of told.slice(i + 1).entries()) {
          expect(laterMs - atMs).toBeGreaterThanOrEqual((ahead + 1) * INTERVAL_MS - SLACK_MS);
        }
      }
    }),
  );
});
