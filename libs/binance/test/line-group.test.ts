import { expect, test } from "@jest/globals";
import type { LineHandlers } from "../src/binance-library.ts";
import { LineGroup } from "../src/line-group.ts";

const OPTIONS = {
  linesPerGroup: 2,
  rotateAfterMs: 3_600_000,
  lineStallMs: 2_000,
  lineSilentMs: 60_000,
  connectTimeoutMs: 3_000,
};

/** A group over lines that do what the test says, at the time the test says. */
function startGroup(options: Partial<typeof OPTIONS> = {}) {
  let nowMs = 0;
  const lines: { handlers: LineHandlers; closed: boolean; bytes: number; openedAtMs: number }[] =
    [];
  const told: string[] = [];
  let opens = 0;
  const group = new LineGroup({
    streams: ["a@depth@100ms"],
    openLine: (_, handlers) => {
      const line = { handlers, closed: false, bytes: 0, openedAtMs: nowMs };
      lines.push(line);
      return {
        bytesReceived: () => line.bytes,
        close: () => {
          line.closed = true;
        },
      };
    },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    options: { ...OPTIONS, ...options },
    nextId: () => lines.length + 1,
    events: {
      lineOpened: (id) => told.push(`opened ${id}`),
      lineClosed: (id, reason) => told.push(`closed ${id}: ${reason}`),
      message: (id, message) => {
        told.push(`${id}: ${message}`);
        return message !== "again";
      },
    },
  });
  return {
    group,
    lines,
    /** What was told since the last call. */
    told: () => told.splice(0),
    open: (id: number) => lines[id - 1]!.handlers.onOpen(),
    say: (id: number, message = "hello") => {
      lines[id - 1]!.bytes += 100;
      lines[id - 1]!.handlers.onMessage(message);
    },
    end: (id: number, reason = "cut") => lines[id - 1]!.handlers.onEnd(reason),
    isOpen: () => lines.flatMap(({ closed }, i) => (closed ? [] : [i + 1])),
    /** From now on handshakes succeed by themselves at the next step. */
    opensByItself: () => {
      opens = lines.length;
    },
    advance: (ms: number, eachMs = 100) => {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs = Math.min(endMs, nowMs + eachMs);
        while (opens > 0 && opens < lines.length) lines[opens++]!.handlers.onOpen();
        group.pulse(nowMs);
      }
    },
  };
}

function startedGroup(options: Partial<typeof OPTIONS> = {}) {
  const started = startGroup(options);
  started.advance(1);
  started.open(1);
  started.open(2);
  started.told();
  return started;
}

test("L1: a line that ends is reopened at once", () => {
  const { lines, end, open, told } = startedGroup();
  end(1);
  expect(lines).toHaveLength(3);
  open(3);
  expect(told()).toEqual(["closed 1: cut", "opened 3"]);
});

test("L1: repeated failures wait longer each time, and a stable line starts that over", () => {
  const { advance, end, lines, open } = startGroup({ linesPerGroup: 1 });
  advance(1);
  /** Ends the line and returns how long it takes until the next one is tried. */
  const failNow = (atMs: number) => {
    const { length } = lines;
    end(length, "refused");
    for (let i = 0; lines.length === length && i < 2_000; i++) advance(10, 10);
    return lines[length]!.openedAtMs - atMs;
  };
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) waits.push(failNow(lines.at(-1)!.openedAtMs));
  expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  open(lines.length);
  advance(15_000);
  expect(failNow(lines.at(-1)!.openedAtMs + 15_000)).toBe(0);
});

test("L1: a handshake that takes too long is given up before the library's own time-out", () => {
  const { advance, lines, told } = startGroup({ linesPerGroup: 1 });
  advance(3_050, 50);
  expect(lines[0]!.closed).toBe(true);
  expect(lines).toHaveLength(2);
  expect(told()).toEqual(["closed 1: no connection within 3000 ms"]);
});

test("L2: an announced shutdown opens the successor first and closes the old line when it speaks", () => {
  const { group, isOpen, open, say, advance, told } = startedGroup();
  group.shutdownAnnounced(1);
  expect(isOpen()).toEqual([1, 2, 3]);
  open(3);
  say(1, "still here");
  advance(100);
  expect(isOpen()).toEqual([1, 2, 3]);
  say(3, "first");
  advance(100);
  expect(isOpen()).toEqual([2, 3]);
  expect(told()).toEqual([
    "opened 3",
    "1: still here",
    "3: first",
    "closed 1: the server announced its shutdown",
  ]);
  group.shutdownAnnounced(1);
  expect(isOpen()).toEqual([2, 3]);
});

test("L2: a successor that stays open without a message is taken, too", () => {
  const { group, isOpen, open, advance } = startedGroup();
  group.shutdownAnnounced(2);
  open(3);
  advance(2_100);
  expect(isOpen()).toEqual([1, 3]);
});

test("L2: when the old line ends first, the successor takes its place", () => {
  const { group, isOpen, lines, open, end, advance } = startedGroup();
  group.shutdownAnnounced(1);
  end(1);
  lines[0]!.closed = true;
  advance(100);
  expect(isOpen()).toEqual([2, 3]);
  open(3);
  expect(lines).toHaveLength(3);
});

test("L2: a line that is silent while the other one speaks is stalled and replaced", () => {
  const { advance, say, told, lines, isOpen, open } = startedGroup();
  for (let i = 0; i < 19; i++) {
    say(1);
    advance(100);
  }
  expect(lines).toHaveLength(2);
  for (let i = 0; i < 3; i++) {
    say(1);
    advance(100);
  }
  expect(lines).toHaveLength(3);
  open(3);
  say(3);
  advance(100);
  expect(isOpen()).toEqual([1, 3]);
  expect(told()).toContain("closed 2: stalled");
});

test("a line that brings the same a little later is not stalled, however quiet the market", () => {
  const { advance, say, lines } = startedGroup();
  for (let i = 0; i < 20; i++) {
    const [first, second] = i % 3 === 0 ? [2, 1] : [1, 2];
    say(first, "news");
    advance(1_500);
    say(second, "again");
    advance(15_000, 500);
  }
  expect(lines).toHaveLength(2);
});

test("a line that is seconds late is not stalled while it keeps bringing something", () => {
  const { advance, say, lines } = startedGroup();
  for (let i = 0; i < 100; i++) {
    say(1, "news");
    if (i > 10) say(2, "again");
    advance(100);
  }
  expect(lines).toHaveLength(2);
});

test("L2: a line without a byte, pings included, is dead", () => {
  const { advance, lines, opensByItself, isOpen } = startedGroup();
  opensByItself();
  for (let i = 0; i < 4; i++) {
    advance(20_000, 1_000);
    lines[0]!.bytes += 2; // A ping.
  }
  expect(lines).toHaveLength(3);
  expect(isOpen()).toEqual([1, 3]);
});

test("L3: lines of the same age are rotated one after the other", () => {
  const { advance, isOpen, open, say } = startedGroup({ rotateAfterMs: 30_000 });
  advance(29_900);
  expect(isOpen()).toEqual([1, 2]);
  advance(200);
  expect(isOpen()).toEqual([1, 2, 3]);
  open(3);
  advance(1_000);
  expect(isOpen()).toEqual([1, 2, 3]);
  say(3);
  advance(100);
  expect(isOpen()).toEqual([2, 3, 4]);
  open(4);
  say(4, "again");
  advance(100);
  expect(isOpen()).toEqual([3, 4]);
  advance(28_000);
  expect(isOpen()).toEqual([3, 4]);
});

test("useless lines are replaced, but not when they are brand-new", () => {
  const { group, advance, lines, say } = startedGroup();
  group.replaceAll("stale");
  expect(lines).toHaveLength(2);
  advance(10_000, 1_000);
  say(1);
  group.replaceAll("stale");
  expect(lines).toHaveLength(4);
  group.replaceAll("stale");
  expect(lines).toHaveLength(4);
});

test("after the stop nothing is opened any more", () => {
  const { group, lines, end, advance, isOpen } = startedGroup();
  group.stop();
  expect(isOpen()).toEqual([]);
  end(1);
  advance(60_000, 1_000);
  expect(lines).toHaveLength(2);
});
