import { describe, expect, test } from "@jest/globals";
import { InvariantError } from "@mirrorbook/kernel";
import fc from "fast-check";
import { createSync, restartSync, syncDepth, syncSnapshot } from "../src/sync.ts";
import { depth, idsOf, snapshot } from "./events.ts";

function syncWith(...events: [number, number][]) {
  const sync = createSync(100);
  for (const [first, final] of events) syncDepth(sync, depth(first, final));
  return sync;
}

describe("a snapshot at 20 and the events buffered before it", () => {
  const cases: [string, [number, number][], unknown][] = [
    ["none", [], { kind: "synced", events: [] }],
    [
      "all older",
      [
        [10, 15],
        [16, 20],
      ],
      { kind: "synced", events: [] },
    ],
    [
      "first kept starts at 21",
      [
        [16, 20],
        [21, 25],
      ],
      { kind: "synced", events: [depth(21, 25)] },
    ],
    [
      "first kept straddles",
      [
        [18, 23],
        [24, 25],
      ],
      { kind: "synced", events: [depth(18, 23), depth(24, 25)] },
    ],
    ["first starts at 21", [[21, 30]], { kind: "synced", events: [depth(21, 30)] }],
    ["first starts at 22", [[22, 30]], { kind: "too-old", firstBuffered: 22 }],
  ];

  test.each(cases)("%s", (_, events, expected) => {
    expect(syncSnapshot(syncWith(...events), snapshot(20))).toEqual(expected);
  });

  test("one that is too old leaves the buffer for the next snapshot", () => {
    const sync = syncWith([22, 30], [31, 40]);
    expect(syncSnapshot(sync, snapshot(20)).kind).toBe("too-old");
    expect(syncSnapshot(sync, snapshot(35))).toEqual({ kind: "synced", events: [depth(31, 40)] });
  });
});

test("after the snapshot events follow, old ones are stale, and a gap starts over with what came after it", () => {
  const sync = syncWith();
  syncSnapshot(sync, snapshot(20));
  expect(syncDepth(sync, depth(15, 20))).toEqual({ kind: "stale" });
  expect(syncDepth(sync, depth(15, 22))).toEqual({ kind: "follow" });
  expect(syncDepth(sync, depth(23, 23))).toEqual({ kind: "follow" });
  expect(syncDepth(sync, depth(25, 26))).toEqual({ kind: "gap", expected: 24, received: 25 });
  expect(sync.phase).toBe("buffering");
  expect(syncDepth(sync, depth(27, 28))).toEqual({ kind: "buffered" });
  expect(syncSnapshot(sync, snapshot(24))).toEqual({
    kind: "synced",
    events: [depth(25, 26), depth(27, 28)],
  });
});

test("a hole while buffering makes what was buffered before it worthless", () => {
  const sync = syncWith([1, 5], [6, 9]);
  expect(syncDepth(sync, depth(12, 14))).toEqual({ kind: "gap", expected: 10, received: 12 });
  expect(syncSnapshot(sync, snapshot(9)).kind).toBe("too-old");
  expect(syncSnapshot(sync, snapshot(11)).kind).toBe("synced");
});

test("the buffer is bounded: when full it starts anew with the newest event", () => {
  const sync = createSync(3);
  for (const id of [1, 2, 3]) expect(syncDepth(sync, depth(id, id)).kind).toBe("buffered");
  expect(syncDepth(sync, depth(4, 4))).toEqual({ kind: "overflow" });
  expect(idsOf(sync.buffer)).toEqual(["4-4"]);
  restartSync(
    sync,
    [5, 6, 7, 8].map((id) => depth(id, id)),
  );
  expect(sync.buffer).toHaveLength(3);
});

test("a snapshot nobody needs is a bug", () => {
  const sync = syncWith();
  syncSnapshot(sync, snapshot(1));
  expect(() => syncSnapshot(sync, snapshot(2))).toThrow(InvariantError);
});

/** Events of random width over ids 1.., some of which get lost. */
const stream = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()), { maxLength: 60 });

test("property: what is passed on is always the snapshot and an unbroken chain behind it", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat({ max: 80 })), (widths, snapshotsAt) => {
      const sync = createSync(10);
      let next = 1;
      let bookAt: number | undefined;
      for (const [i, [width, lost]] of widths.entries()) {
        const event = depth(next, next + width - 1);
        next += width;
        if (!lost) {
          const step = syncDepth(sync, event);
          if (step.kind === "follow") {
            expect(event.firstUpdateId).toBeLessThanOrEqual(bookAt! + 1);
            bookAt = event.finalUpdateId;
          } else if (step.kind === "gap") bookAt = undefined;
        }
        if (sync.phase === "buffering" && snapshotsAt.includes(i)) {
          const taken = syncSnapshot(sync, snapshot(Math.max(0, next - 3)));
          if (taken.kind !== "synced") continue;
          bookAt = Math.max(0, next - 3);
          for (const kept of taken.events) {
            expect(kept.firstUpdateId).toBeLessThanOrEqual(bookAt + 1);
            expect(kept.finalUpdateId).toBeGreaterThan(bookAt);
            bookAt = kept.finalUpdateId;
          }
        }
        expect(sync.buffer.length).toBeLessThanOrEqual(10);
      }
    }),
  );
});
