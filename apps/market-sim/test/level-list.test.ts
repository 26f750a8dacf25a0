import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { LevelList } from "../src/synthetic/level-list.ts";

const changes = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 })),
  { maxLength: 200 },
);

test.each(["bids", "asks"] as const)("property: %s answer like a naive map", (side) => {
  const sign = side === "bids" ? -1 : 1;
  fc.assert(
    fc.property(
      changes,
      fc.integer({ min: 1, max: 40 }),
      fc.nat({ max: 10 }),
      (steps, price, reach) => {
        const list = new LevelList(side);
        const naive = new Map<number, number>();
        for (const [at, lots] of steps) {
          list.set(at, lots);
          if (lots > 0) naive.set(at, lots);
          else naive.delete(at);
        }
        const sorted = [...naive].sort(([a], [b]) => sign * (a - b));
        const listed = sorted.map((_, depth) => [list.priceAt(depth), list.sizeAt(depth)]);
        expect(list.length).toBe(sorted.length);
        expect(listed).toEqual(sorted);
        expect(list.sizeOf(price)).toBe(naive.get(price) ?? 0);
        expect(list.depthOf(price)).toBe(sorted.filter(([at]) => sign * (at - price) < 0).length);
        const around = sorted.filter(([at]) => Math.abs(at - price) <= reach);
        expect(list.countAround(price, reach)).toBe(around.length);
        if (sorted.length === 0) return;
        const distance = Math.min(...sorted.map(([at]) => Math.abs(at - price)));
        expect(Math.abs(list.nearest(price) - price)).toBe(distance);
      },
    ),
  );
});
