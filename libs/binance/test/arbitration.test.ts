import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type ArbiterStep,
  arbitrateDepth,
  arbitrateTrade,
  closeArbiterLine,
  createDepthArbiter,
  createTradeArbiter,
  giveUpHole,
  HELD_EVENTS_MAX,
  MISSING_TRADES_MAX,
  openArbiterLine,
} from "../src/arbitration.ts";
import { depth, idsOf } from "./events.ts";

const A = 1;
const B = 2;

function twoLines() {
  const arbiter = createDepthArbiter();
  openArbiterLine(arbiter, A);
  openArbiterLine(arbiter, B);
  return {
    arbiter,
    from: (line: number, first: number, final: number) =>
      shown(arbitrateDepth(arbiter, line, depth(first, final))),
  };
}

/** A step with its events as text. */
function shown(step: ArbiterStep) {
  return "events" in step ? { ...step, events: idsOf(step.events) } : step;
}

describe("two lines", () => {
  test("A1: whoever brings an id first wins, the other one's is a duplicate", () => {
    const { from } = twoLines();
    expect(from(A, 1, 5)).toEqual({ kind: "pass", events: ["1-5"] });
    expect(from(B, 1, 5)).toEqual({ kind: "duplicate" });
    expect(from(B, 6, 7)).toEqual({ kind: "pass", events: ["6-7"] });
    expect(from(A, 6, 7)).toEqual({ kind: "duplicate" });
  });

  test("A1: ranges that overlap are passed on whole", () => {
    const { from } = twoLines();
    from(A, 1, 5);
    expect(from(B, 3, 8)).toEqual({ kind: "pass", events: ["3-8"] });
    expect(from(A, 6, 8)).toEqual({ kind: "duplicate" });
    expect(from(A, 9, 9)).toEqual({ kind: "pass", events: ["9-9"] });
  });

  test("A2: a hole on one line is filled by the slower one, in order", () => {
    const { from } = twoLines();
    from(A, 1, 5);
    expect(from(A, 9, 10)).toEqual({ kind: "held" });
    expect(from(A, 11, 12)).toEqual({ kind: "held" });
    expect(from(B, 1, 5)).toEqual({ kind: "duplicate" });
    expect(from(B, 6, 8)).toEqual({ kind: "pass", events: ["6-8", "9-10", "11-12"] });
    expect(from(B, 9, 10)).toEqual({ kind: "duplicate" });
  });

  test("A3: a hole on both is a gap as soon as the second one has passed it", () => {
    const { arbiter, from } = twoLines();
    from(A, 1, 5);
    from(A, 9, 10);
    expect(from(B, 9, 11)).toEqual({
      kind: "gap",
      expected: 6,
      received: 9,
      events: ["9-11"],
    });
    expect(arbiter.lastUpdateId).toBe(11);
    expect(from(A, 12, 12)).toEqual({ kind: "pass", events: ["12-12"] });
  });

  test("A3: a hole is a gap when the only line that could fill it closes", () => {
    const { arbiter, from } = twoLines();
    from(A, 1, 5);
    from(A, 9, 10);
    expect(shown(closeArbiterLine(arbiter, B))).toEqual({
      kind: "gap",
      expected: 6,
      received: 9,
      events: ["9-10"],
    });
  });

  test("A3: when patience ends, only what follows the last hole is of use", () => {
    const { arbiter, from } = twoLines();
    from(A, 1, 5);
    from(A, 9, 10);
    from(A, 14, 15);
    from(A, 16, 17);
    expect(shown(giveUpHole(arbiter))).toEqual({
      kind: "gap",
      expected: 6,
      received: 9,
      events: ["14-15", "16-17"],
    });
  });

  test("a new line that starts ahead does not make a hole that the old one fills", () => {
    const { arbiter, from } = twoLines();
    from(A, 1, 5);
    closeArbiterLine(arbiter, A);
    openArbiterLine(arbiter, 3);
    expect(from(3, 8, 9)).toEqual({ kind: "held" });
    expect(from(B, 6, 7)).toEqual({ kind: "pass", events: ["6-7", "8-9"] });
  });

  test("what is held is bounded", () => {
    const { arbiter, from } = twoLines();
    from(A, 1, 1);
    for (let i = 0; i < HELD_EVENTS_MAX; i++) expect(from(A, 3 + i, 3 + i).kind).toBe("held");
    expect(from(A, 3 + HELD_EVENTS_MAX, 3 + HELD_EVENTS_MAX).kind).toBe("gap");
    expect(arbiter.held).toEqual([]);
  });
});

test("one line alone: a hole is a gap at once", () => {
  const arbiter = createDepthArbiter();
  openArbiterLine(arbiter, A);
  arbitrateDepth(arbiter, A, depth(1, 5));
  expect(arbitrateDepth(arbiter, A, depth(7, 7)).kind).toBe("gap");
});

// One line's fate: for each event of the true stream, lost or not; and how the two lines interleave.
const fate = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
const widths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 40, maxLength: 40 });

/** Merges two in-order lines at random and returns [line, index] in order of arrival. */
function interleave(lostA: boolean[], lostB: boolean[], turns: boolean[]): [number, number][] {
  const queues = [lostA, lostB].map((lost) => lost.flatMap((gone, i) => (gone ? [] : [i])));
  const arrivals: [number, number][] = [];
  for (const turn of turns.length === 0 ? [true] : turns) {
    const queue = turn ? 0 : 1;
    const index = queues[queue]!.shift();
    if (index !== undefined) arrivals.push([queue, index]);
  }
  for (const queue of [0, 1]) for (const index of queues[queue]!) arrivals.push([queue, index]);
  return arrivals;
}

test("property: the merged stream is the true one wherever either line has it, and says where it is not", () => {
  const turns = fc.array(fc.boolean(), { maxLength: 80 });
  fc.assert(
    fc.property(widths, fate, fate, turns, (sizes, lostA, lostB, order) => {
      let id = 1;
      const truth = sizes.map((width) => {
        const event = depth(id, id + width - 1);
        id += width;
        return event;
      });
      const arbiter = createDepthArbiter();
      openArbiterLine(arbiter, A);
      openArbiterLine(arbiter, B);
      const passed: number[] = [];
      let gaps = 0;
      let last: number | undefined;
      const take = (step: ArbiterStep) => {
        if (step.kind === "gap") {
          gaps++;
          last = undefined;
        }
        if (!("events" in step)) return;
        for (const event of step.events) {
          if (last !== undefined) expect(event.firstUpdateId).toBe(last + 1);
          last = event.finalUpdateId;
          passed.push(event.finalUpdateId);
        }
      };
      for (const [queue, index] of interleave(lostA, lostB, order)) {
        take(arbitrateDepth(arbiter, queue + 1, truth[index]!));
      }
      take(giveUpHole(arbiter));
      expect(passed).toEqual([...new Set(passed)].sort((a, b) => a - b));
      // Holes of both lines between the first and the last event that came through.
      const seen = truth.filter((_, i) => !(lostA[i] && lostB[i])).map((e) => e.finalUpdateId);
      const holes = truth
        .filter((_, i) => lostA[i] && lostB[i])
        .filter(({ finalUpdateId }) => finalUpdateId > passed[0]! && finalUpdateId < seen.at(-1)!);
      expect(gaps > 0).toBe(holes.length > 0);
      if (gaps === 0) expect(passed).toEqual(seen.filter((final) => final >= passed[0]!));
    }),
    { numRuns: 500 },
  );
});

test("property: every trade that any line brings is passed on exactly once", () => {
  const turns = fc.array(fc.boolean(), { maxLength: 80 });
  fc.assert(
    fc.property(fate, fate, turns, (lostA, lostB, order) => {
      const arbiter = createTradeArbiter();
      const arrivals = interleave(lostA, lostB, order).map(([, index]) => index);
      const passed = arrivals.filter((index) => arbitrateTrade(arbiter, 1000 + index));
      const first = arrivals[0] ?? 0;
      const expected = [...new Set(arrivals)].filter((index) => index >= first);
      expect(passed.toSorted((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});

test("missing trade ids are remembered up to a bound, the newest ones", () => {
  const arbiter = createTradeArbiter();
  arbitrateTrade(arbiter, 1);
  arbitrateTrade(arbiter, 1_000_000);
  expect(arbiter.missing.size).toBe(MISSING_TRADES_MAX);
  expect(arbitrateTrade(arbiter, 2)).toBe(false);
  expect(arbitrateTrade(arbiter, 999_999)).toBe(true);
  expect(arbitrateTrade(arbiter, 999_999)).toBe(false);
  arbitrateTrade(arbiter, 1_000_100);
  expect(arbiter.missing.size).toBe(MISSING_TRADES_MAX);
});
