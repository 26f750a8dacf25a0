import { expect, test } from "@jest/globals";
import type { LeaderboardRow, TradeRoom } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { RoomFeed } from "../src/room-feed.ts";

const room = (status: TradeRoom["status"]): TradeRoom => ({
  id: "cup",
  name: "Cup",
  status,
  startsAt: null,
  endsAt: null,
});
const row = (userId: string): LeaderboardRow => ({
  rank: 1,
  userId,
  name: userId,
  equity: "1",
  returnPercent: "0",
});
const timestamp = "2026-01-01T00:00:00.000Z";

/** A server whose answers the test writes, and lets go when it likes. */
function feedOn(answers: { status: TradeRoom["status"]; leader: string }) {
  const wanted: string[] = [];
  const gate = { open: Promise.resolve() };
  const feed = new RoomFeed({
    want: ({ body }) => {
      wanted.push(JSON.stringify(body));
      return () => wanted.pop();
    },
    get: async <T>(path: string): Promise<T> => {
      const { status, leader } = answers;
      await gate.open;
      const answer = path.endsWith("cup")
        ? { room: room(status) }
        : { rows: [row(leader)], place: 7 };
      return answer as T;
    },
  });
  return { feed, wanted, gate };
}

const ownRank = (rank: number) => {
  return { timestamp, roomId: "cup", row: { ...row("me"), rank }, previousRank: 7 };
};
const leaderOf = (feed: RoomFeed) => feed.room("cup").getSnapshot().rows[0]?.userId;

test("a room that is looked at is read, subscribed to, and followed by its events", async () => {
  const { feed, wanted } = feedOn({ status: "open", leader: "ann" });
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(feed.room("cup").getSnapshot().loaded).toBe(true));
  expect(wanted).toEqual(['{"channel":"room","roomId":"cup"}']);
  expect(feed.room("cup").getSnapshot()).toMatchObject({ room: { status: "open" }, place: 7 });
  feed.onEvent("room:started", { seq: 3, timestamp, room: room("running") });
  feed.onEvent("leaderboard:update", { seq: 9, timestamp, roomId: "cup", rows: [row("bob")] });
  feed.onEvent("leaderboard:update", { seq: 8, timestamp, roomId: "cup", rows: [row("old")] });
  feed.onEvent("leaderboard:own_rank", ownRank(5));
  expect(feed.room("cup").getSnapshot()).toMatchObject({ room: { status: "running" }, place: 5 });
  expect(leaderOf(feed)).toBe("bob");
  stop();
  expect(wanted).toEqual([]);
});

test("what an event told while the room was read is not undone by the older answer", async () => {
  const answers = { status: "open" as const, leader: "ann" };
  const { feed, gate } = feedOn(answers);
  const held = Promise.withResolvers<void>();
  gate.open = held.promise;
  const stop = feed.room("cup").subscribe(() => {});
  feed.onEvent("room:started", { seq: 3, timestamp, room: room("running") });
  feed.onEvent("leaderboard:update", { seq: 9, timestamp, roomId: "cup", rows: [row("bob")] });
  feed.onEvent("leaderboard:own_rank", ownRank(5));
  held.resolve();
  await eventually(() => expect(feed.room("cup").getSnapshot().loaded).toBe(true));
  expect(feed.room("cup").getSnapshot()).toMatchObject({ room: { status: "running" }, place: 5 });
  expect(leaderOf(feed)).toBe("bob");
  stop();
});

test("after a reconnect it is read again, and other events are not its own", async () => {
  const answers = { status: "open" as TradeRoom["status"], leader: "ann" };
  const { feed } = feedOn(answers);
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(leaderOf(feed)).toBe("ann"));
  answers.leader = "cleo";
  feed.onUp();
  await eventually(() => expect(leaderOf(feed)).toBe("cleo"));
  expect(feed.onEvent("order:filled", {})).toBe(false);
  stop();
});
