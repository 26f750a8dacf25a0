import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { type RoomCore, RoomRules, type RoomStatus, roomView } from "@mirrorbook/protocol";
import type { RoomResult } from "@mirrorbook/sdk";
import { hashOf, type Route, routeOf } from "../src/model/route.ts";
import { clockOf, durationText, lengthText } from "../src/rooms/clock-face.ts";
import { proofOf } from "../src/rooms/final-proof.ts";
import { codeOf, isCode, linkTo } from "../src/rooms/invitation.ts";
import { tradeable } from "../src/rooms/my-rooms.ts";
import {
  draftOf,
  emptyDraft,
  type RoomDraft,
  roomRules,
  snapshotEveryMs,
} from "../src/rooms/room-draft.ts";
import { ordinal, ruleLines, tradingProblem } from "../src/rooms/room-words.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const now = new Date(NOW);

function room(changes: Partial<RoomCore> = {}, rules: Partial<RoomRules> = {}) {
  const core: RoomCore = {
    id: "cup",
    ownerId: "ann",
    status: "running",
    rules: { ...RoomRules.parse({ name: "Cup", markets: ["BTCUSDT"] }), ...rules },
    code: null,
    members: 2,
    createdAtMs: NOW,
    startedAtMs: NOW,
    endsAtMs: NOW + 90_000,
    endedAtMs: null,
    marks: null,
    finalHash: null,
    lastCommandId: "0-0",
    ...changes,
  };
  return roomView(core);
}

describe("the clock", () => {
  test.each<[RoomStatus, Partial<RoomCore>, string]>([
    ["draft", {}, "Not open yet"],
    ["open", { startedAtMs: null }, "Waits for its owner to start it"],
    ["open", { startedAtMs: NOW + 61_000 }, "Starts in 01:01"],
    ["open", { startedAtMs: NOW }, "Starting…"],
    ["running", {}, "Ends in 01:30"],
    ["running", { endsAtMs: null }, "Until its owner ends it"],
    ["running", { endsAtMs: NOW - 1 }, "Ending…"],
    ["paused", {}, "Ends in 01:30"],
    ["settling", {}, "Counting up…"],
    ["ended", { endedAtMs: null }, "It never ran"],
  ])("of a room that is %s", (status, changes, shown) => {
    const { label, time } = clockOf(room({ status, ...changes }), NOW);
    expect(`${label} ${time}`.trim()).toBe(shown);
  });

  test.each([
    [0, "00:00"],
    [1, "00:01"],
    [59_000, "00:59"],
    [3_600_000, "1:00:00"],
    [90_061_000, "25:01:01"],
    [3 * 86_400_000 + 7_200_000, "3 d 02 h"],
  ])("%d ms are %s", (ms, text) => expect(durationText(ms)).toBe(text));

  test("a chosen length is told by its parts", () => {
    expect([300_000, 5_400_000, 604_800_000, 1_000].map(lengthText)).toEqual([
      "5 min",
      "1 h 30 min",
      "7 d",
      "1 s",
    ]);
  });
});

describe("ways in", () => {
  const code = "r0123.aZ-_9";
  test("a pasted link or code gives the code", () => {
    const link = linkTo("https://paper.example/", "r0123", code);
    expect(link).toBe("https://paper.example/#/join/r0123.aZ-_9");
    for (const text of [link, ` ${code}\n`, `Join us: ${link}`]) expect(codeOf(text)).toBe(code);
    expect([code, "r0123", "", "a b.c"].map(isCode)).toEqual([true, false, false, false]);
  });

  test.each<[string, Route]>([
    ["", { name: "trade" }],
    ["#/", { name: "trade" }],
    ["#/nonsense", { name: "trade" }],
    ["#/rooms", { name: "rooms" }],
    ["#/rooms/new", { name: "new-room" }],
    ["#/rooms/r0123", { name: "room", roomId: "r0123", code: null }],
    ["#/join/r0123.aZ-_9", { name: "room", roomId: "r0123", code }],
    ["#/rooms/%E0", { name: "room", roomId: "%E0", code: null }],
  ])("the address %p is a place", (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
    if (hash.length > 2 && !hash.includes("nonsense")) expect(hashOf(route)).toBe(hash);
  });
});

describe("the form of a room", () => {
  const draft = (changes: Partial<RoomDraft> = {}): RoomDraft => ({
    ...emptyDraft("Cup", ["BTCUSDT", "ETHUSDT"]),
    ...changes,
  });
  const soon = "2027-01-01T12:00";

  test.each<Partial<RoomDraft>>([
    {},
    { start: "time", startsAt: soon, durationMinutes: "15" },
    { end: "time", endsAt: soon },
    { end: "owner", visibility: "code", metric: "calmar", endRule: "liquidate" },
    { fees: "none" },
    { fees: "own", makerFee: "0.02", takerFee: "0.075" },
    { latency: "constant", latencyMs: "20", fillModel: "cross", heldScope: "global" },
    { latency: "sampled", latencyMs: "20", latencyMaxMs: "80" },
    { startingCash: "2,500.50", memberLimit: "10000" },
  ])("makes rules that the server takes, and comes back from them: %j", (changes) => {
    const result = roomRules(draft(changes), now);
    if (result.kind !== "rules") throw new Error(result.problem);
    const rules = RoomRules.parse(result.rules);
    const { startsAtMs, endsAtMs } = rules;
    const core = { status: "draft", startedAtMs: startsAtMs, endsAtMs } as const;
    const again = roomRules(draftOf(room(core, rules)), now);
    expect(again).toEqual({ kind: "rules", rules: { ...result.rules, ...rules } });
  });

  test.each<[keyof RoomDraft, Partial<RoomDraft>]>([
    ["name", { name: "  " }],
    ["markets", { markets: [] }],
    ["startingCash", { startingCash: "0" }],
    ["memberLimit", { memberLimit: "10001" }],
    ["startsAt", { start: "time", startsAt: "2025-01-01T12:00" }],
    ["durationMinutes", { durationMinutes: "1.5" }],
    ["endsAt", { start: "time", startsAt: soon, end: "time", endsAt: soon }],
    ["takerFee", { fees: "own", takerFee: "100" }],
    ["latencyMs", { latency: "constant", latencyMs: "" }],
    ["latencyMaxMs", { latency: "sampled", latencyMs: "50", latencyMaxMs: "40" }],
  ])("says what is wrong with %s", (field, changes) => {
    expect(roomRules(draft(changes), now)).toMatchObject({ kind: "incomplete", field });
  });

  test("snapshots are as close as a curve can use", () => {
    const hours = (count: number) => count * 3_600_000;
    expect([hours(0.1), hours(1), hours(24), hours(24 * 90), null].map(snapshotEveryMs)).toEqual([
      1_000, 5_000, 300_000, 3_600_000, 60_000,
    ]);
  });
});

describe("words", () => {
  const BTC = { symbol: "BTCUSDT", base: "SIM_BTC" };
  test.each<[RoomStatus, string, string | null]>([
    ["open", "BTCUSDT", "The room has not started yet"],
    ["running", "BTCUSDT", null],
    ["running", "ETHUSDT", "BTC is not traded in this room"],
    ["paused", "BTCUSDT", "The room is paused"],
    ["ended", "BTCUSDT", "The room is over"],
  ])("why one cannot trade in a room that is %s and trades %s", (status, symbol, problem) => {
    expect(tradingProblem(room({ status }, { markets: [symbol] }), BTC)).toBe(problem);
  });

  test("ranks", () => {
    const ranks = [1, 2, 3, 4, 11, 12, 13, 21, 112, 1_003];
    expect(ranks.map(ordinal).join(" ")).toBe("1st 2nd 3rd 4th 11th 12th 13th 21st 112th 1003rd");
  });

  test("the end of a room is told as planned, and as it came", () => {
    const endOf = (changes: Partial<RoomCore>, rules: Partial<RoomRules> = {}) =>
      ruleLines(room(changes, rules), []).find(({ name }) => name === "Ends")?.text;
    expect(endOf({ endsAtMs: null })).toBe("when its owner ends it");
    expect(endOf({ endsAtMs: null }, { durationMs: 900_000 })).toBe("15 min after the start");
    expect(endOf({ endedAtMs: NOW + 5_000 })).not.toBe(endOf({}));
    expect(endOf({ endedAtMs: NOW + 90_000 })).toBe(endOf({}));
  });

  test("rules of a room say fees and latency as they are", () => {
    const rules = {
      makerFeeRate: "0",
      takerFeeRate: "0.0005",
      latency: { kind: "sampled", minMs: 5, maxMs: 50 },
    } as const;
    const lines = new Map(ruleLines(room({}, rules), []).map(({ name, text }) => [name, text]));
    expect(lines.get("Fees")).toBe("0% maker, 0.05% taker");
    expect(lines.get("Latency")).toBe("5 to 50 ms");
    expect(
      ruleLines(room({}, { makerFeeRate: "0", takerFeeRate: "0" }), []).find(
        ({ name }) => name === "Fees",
      )?.text,
    ).toBe("none");
  });
});

test("one trades in rooms one is in that are not over, and sees out the one in use", () => {
  const item = (id: string, status: RoomStatus, membership: "joined" | "left") => ({
    room: room({ id, status }),
    membership,
  });
  const items = [
    item("a", "running", "joined"),
    item("b", "ended", "joined"),
    item("c", "open", "left"),
  ];
  const accounts = (current: string) =>
    tradeable({ items, loaded: true }, current).map(({ id }) => id);
  expect(accounts("main")).toEqual(["a"]);
  expect(accounts("room-b")).toEqual(["a", "b"]);
});

test("a final ranking is proved by its hash, and any change of it shows", async () => {
  const ranking = { metric: "return", endedAtMs: NOW, marks: { BTCUSDT: "1" }, rows: [] } as const;
  const finalHash = createHash("sha256").update(JSON.stringify(ranking)).digest("hex");
  const result: RoomResult = { finalHash, ranking };
  expect(await proofOf(result)).toBe("proved");
  expect(await proofOf({ finalHash, ranking: { ...ranking, endedAtMs: NOW + 1 } })).toBe("differs");
});
