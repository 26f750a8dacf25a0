import { expect, test } from "@jest/globals";
import { accountOfRoom, parseRoom, roomOfAccount, rooms } from "../src/index.ts";

test.each([
  [rooms.user("alice"), { kind: "user", tag: "alice", depth: 0 }],
  [rooms.book("BTCUSDT", 100), { kind: "book", tag: "BTCUSDT", depth: 100 }],
  [rooms.ticker("BTCUSDT"), { kind: "ticker", tag: "BTCUSDT", depth: 0 }],
  [rooms.tape("BTCUSDT"), { kind: "tape", tag: "BTCUSDT", depth: 0 }],
  [rooms.market("BTCUSDT"), { kind: "market", tag: "BTCUSDT", depth: 0 }],
  [rooms.tradeRoom("r1"), { kind: "room", tag: "r1", depth: 0 }],
  [rooms.control(), { kind: "other", tag: "", depth: 0 }],
  [rooms.monitor(), { kind: "other", tag: "", depth: 0 }],
  ["lobby", { kind: "other", tag: "", depth: 0 }],
])("the room %s is read back as it was named", (name, parts) => {
  expect(parseRoom(name)).toEqual({ name, ...parts });
});

test("a name that would be as long as a socket id is read back all the same", () => {
  const userId = "a".repeat(13);
  expect(rooms.user(userId)).toHaveLength(21);
  expect(parseRoom(rooms.user(userId))).toMatchObject({ kind: "user", tag: userId });
});

test("a trade room's portfolio names its room", () => {
  expect(roomOfAccount(accountOfRoom("r1"))).toBe("r1");
  expect(roomOfAccount("main")).toBeNull();
});
