import { expect, test } from "@jest/globals";
import type { LeaderboardRow } from "@mirrorbook/protocol";
import fc from "fast-check";
import {
  type Curve,
  frameOf,
  gridOf,
  pathOf,
  returnsOf,
  spread,
  yOf,
} from "../src/rooms/equity-curves.ts";
import { follow, gainedLately, MOVE_SHOWN_MS, NO_PLACES } from "../src/rooms/rank-moves.ts";

const rowsOf = (...userIds: string[]): LeaderboardRow[] =>
  userIds.map((userId, index) => ({
    rank: index + 1,
    userId,
    name: userId,
    equity: "1",
    returnPercent: "0",
  }));

test("moves add up while they are marked, and are forgotten after", () => {
  let places = follow(NO_PLACES, rowsOf("ann", "bob", "cleo"), 0);
  expect(gainedLately(places, "ann", 0)).toBe(0);
  places = follow(places, rowsOf("bob", "ann", "cleo"), 1_000);
  places = follow(places, rowsOf("bob", "cleo", "ann"), 2_000);
  expect(["ann", "bob", "cleo"].map((id) => gainedLately(places, id, 2_000))).toEqual([-2, 1, 1]);
  expect(gainedLately(places, "ann", 2_000 + MOVE_SHOWN_MS)).toBe(0);
  places = follow(places, rowsOf("ann", "bob", "cleo"), 30_000);
  expect(gainedLately(places, "ann", 30_000)).toBe(2);
});

test("who comes in has not moved, and the same rows twice are one telling", () => {
  const before = follow(NO_PLACES, rowsOf("ann"), 0);
  const places = follow(before, rowsOf("bob", "ann"), 1_000);
  expect([gainedLately(places, "bob", 1_000), gainedLately(places, "ann", 1_000)]).toEqual([0, -1]);
  expect(follow(places, rowsOf("bob", "ann"), 1_500)).toEqual(places);
});

const curve = (points: number[]): Curve => ({ userId: "ann", name: "ann", points });

test("curves end together at the right; who came later begins later", () => {
  const [early, late] = [curve([0, 1, 2, 3, 4]), curve([0, 4])];
  const frame = frameOf([early, late], 400, 100);
  expect(pathOf(early, frame)).toMatch(/^M0\.0 /);
  expect(pathOf(late, frame)).toMatch(/^M300\.0 /);
  for (const one of [early, late])
    expect(pathOf(one, frame)).toMatch(new RegExp(`L400\\.0 ${yOf(4, frame).toFixed(1)}$`));
});

test("equity is shown as return on the starting cash", () => {
  expect(returnsOf(["100", "110", "95"], "100").map((value) => value.toFixed(6))).toEqual([
    "0.000000",
    "10.000000",
    "-5.000000",
  ]);
});

const percents = fc.array(fc.double({ min: -60, max: 300, noNaN: true }), {
  minLength: 1,
  maxLength: 3_000,
});

test("property: a frame holds every point and zero, and no path has more points than pixels", () => {
  fc.assert(
    fc.property(percents, fc.integer({ min: 50, max: 1_000 }), (points, width) => {
      const frame = frameOf([curve(points)], width, 200);
      for (const value of [0, ...points]) {
        expect(yOf(value, frame)).toBeGreaterThanOrEqual(0);
        expect(yOf(value, frame)).toBeLessThanOrEqual(200);
      }
      const drawn = pathOf(curve(points), frame).match(/[ML]/g)!;
      expect(drawn.length).toBeLessThanOrEqual(width + 1);
    }),
  );
});

test("property: lines across are few, even, and within the frame", () => {
  fc.assert(
    fc.property(percents, (points) => {
      const frame = frameOf([curve(points)], 100, 100);
      const lines = gridOf(frame);
      expect(lines.length).toBeGreaterThanOrEqual(1);
      expect(lines.length).toBeLessThanOrEqual(6);
      for (const line of lines) {
        expect(line).toBeGreaterThanOrEqual(frame.low - 1e-9);
        expect(line).toBeLessThanOrEqual(frame.high + 1e-9);
      }
    }),
  );
});

test("property: labels keep their order and distance, and stay inside while there is room", () => {
  const wishes = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(wishes, (ys) => {
      const placed = spread(ys, 14, 200);
      const byWish = ys
        .map((y, index) => [y, placed[index]!] as const)
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      for (const [index, [, y]] of byWish.entries()) {
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(200);
        if (index > 0) expect(y - byWish[index - 1]![1]).toBeGreaterThanOrEqual(14);
      }
    }),
  );
});
