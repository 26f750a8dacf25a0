import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Pace } from "../src/broadcast/pace.ts";

const INTERVAL_MS = 100;
const SLACK_MS = 50;

/** When each of the changes at `changesMs` is told: at once, with the next one, or when it has waited long enough. */
function toldAt(changesMs: readonly number[]): number[] {
  const pace = new Pace(INTERVAL_MS, SLACK_MS);
  const told: number[] = [];
  let appointmentMs: number | null = null;
  const tell = (nowMs: number) => {
    appointmentMs = null;
    pace.told(nowMs);
    told.push(nowMs);
  };
  for (const changeMs of [...changesMs, Number.POSITIVE_INFINITY]) {
    if (appointmentMs !== null && appointmentMs <= changeMs) {
      expect(pace.waitMs(appointmentMs)).toBe(0);
      tell(appointmentMs);
    }
    if (changeMs === Number.POSITIVE_INFINITY) break;
    const waitMs = pace.waitMs(changeMs);
    if (waitMs === 0) tell(changeMs);
    else appointmentMs ??= changeMs + waitMs;
  }
  return told;
}

test("a rhythm is followed without delay, and again after one beat came late", () => {
  const beats = [0, 100, 200, 345, 400, 500, 600];
  expect(toldAt(beats)).toEqual(beats);
});

test("after a beat too many one is told with the next, and the rhythm is followed again without delay", () => {
  expect(toldAt([0, 100, 125, 200, 300, 400, 500])).toEqual([0, 100, 200, 300, 400, 500]);
  expect(toldAt([0, 60, 100, 200, 300, 400])).toEqual([0, 60, 200, 300, 400]);
});

test("property: a change is told within an interval and the slack", () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 2, maxLength: 200 });
  fc.assert(
    fc.property(gaps, (gapsMs) => {
      let nowMs = 0;
      const changes = gapsMs.map((gapMs) => (nowMs += gapMs));
      const told = toldAt(changes);
      for (const changeMs of changes) {
        const nextMs = told.find((atMs) => atMs >= changeMs)!;
        expect(nextMs - changeMs).toBeLessThanOrEqual(INTERVAL_MS + SLACK_MS);
      }
    }),
  );
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
