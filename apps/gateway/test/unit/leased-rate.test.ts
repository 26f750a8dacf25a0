import { describe, expect, test } from "@jest/globals";
import { LeasedRate, type TakePoints } from "../../src/limits/leased-rate.ts";

const WINDOW_MS = 1_000;
const REFUSED = new Error("no points left");

/** Counts as the shared limiter does: a window opens with the first use, a request beyond the rest is refused. */
function sharedCounter(points: number) {
  let nowMs = 0;
  let windowEndsMs = 0;
  let used = 0;
  let trips = 0;
  const take: TakePoints = async (_key, wanted) => {
    trips += 1;
    if (nowMs >= windowEndsMs) [used, windowEndsMs] = [0, nowMs + WINDOW_MS];
    used += wanted;
    if (used > points) throw REFUSED;
    return { msBeforeNext: windowEndsMs - nowMs };
  };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const node = () => new LeasedRate(take, points, clock);
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { node, advance, trips: () => trips };
}

async function passed(rate: LeasedRate, uses: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: uses }, () => rate.use("alice")));
  return results.filter(({ status }) => status === "fulfilled").length;
}

describe("a leased rate", () => {
  test.each([1, 3, 10, 50, 53, 1_000])(
    "lets %d pass in a window, all at once or not",
    async (points) => {
      const counter = sharedCounter(points);
      const rate = counter.node();
      expect(await passed(rate, 2 * points)).toBe(points);
      counter.advance(WINDOW_MS);
      for (let use = 0; use < points; use++) await rate.use("alice");
      await expect(rate.use("alice")).rejects.toBe(REFUSED);
    },
  );

  test("never lets more pass over several nodes than one limit", async () => {
    const counter = sharedCounter(50);
    const nodes = [counter.node(), counter.node(), counter.node()];
    const counts = await Promise.all(nodes.map((node) => passed(node, 100)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(50);
  });

  test("keeps nothing for the next window", async () => {
    const counter = sharedCounter(50);
    const rate = counter.node();
    await rate.use("alice");
    counter.advance(WINDOW_MS);
    expect(await passed(rate, 100)).toBe(50);
  });

  test("asks once for every tenth use", async () => {
    const counter = sharedCounter(50);
    expect(await passed(counter.node(), 50)).toBe(50);
    expect(counter.trips()).toBe(10);
  });
});
