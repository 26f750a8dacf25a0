import { expect, test } from "@jest/globals";
import { type ErrorCode, refusal } from "@mirrorbook/kernel";
import type { LeaderboardRow, TradeRoom } from "@mirrorbook/protocol";
import { eventually } from "@mirrorbook/testkit";
import { ApiError } from "../src/rest.ts";
import type { Membership } from "../src/room-desk.ts";
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
function feedOn(answers: {
  status: TradeRoom["status"];
  leader: string;
  membership?: Membership;
  refused?: ErrorCode | null;
}) {
  const wanted: string[] = [];
  const renewed: string[] = [];
  const gate = { open: Promise.resolve() };
  const feed = new RoomFeed({
    want: ({ body }) => {
      wanted.push(JSON.stringify(body));
      return () => wanted.pop();
    },
    get: async <T>(path: string): Promise<T> => {
      const { status, leader, membership = null, refused = null } = answers;
      await gate.open;
      if (refused !== null) throw new ApiError(refusal(refused, "No."), 403);
      const answer = path.endsWith("cup")
        ? { room: room(status), membership }
        : { rows: [row(path.includes("around=me") ? "me" : leader)], place: 7 };
      return answer as T;
    },
    renew: (body) => renewed.push(JSON.stringify(body)),
    userId: () => "me",
  });
  return { feed, wanted, renewed, gate };
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

test("the own row is known wherever it stands, and follows the leading rows when it is among them", async () => {
  const { feed } = feedOn({ status: "running", leader: "ann", membership: "joined" });
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(feed.room("cup").getSnapshot().loaded).toBe(true));
  expect(feed.room("cup").getSnapshot()).toMatchObject({ membership: "joined", place: 7 });
  expect(feed.room("cup").getSnapshot().own?.userId).toBe("me");
  const rows = [row("ann"), { ...row("me"), rank: 2, equity: "5" }];
  feed.onEvent("leaderboard:update", { seq: 9, timestamp, roomId: "cup", rows });
  expect(feed.room("cup").getSnapshot()).toMatchObject({ place: 2, own: { equity: "5" } });
  stop();
});

test("when the own seat is taken or lost, the room is asked what one is in it now", async () => {
  const answers = { status: "open" as const, leader: "ann", membership: null as Membership };
  const { feed } = feedOn(answers);
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(feed.room("cup").getSnapshot().loaded).toBe(true));
  answers.membership = "removed";
  const member = { userId: "me", name: "Me" };
  feed.onEvent("room:member_left", { seq: 3, timestamp, room: room("open"), member });
  await eventually(() => expect(feed.room("cup").getSnapshot().membership).toBe("removed"));
  stop();
});

test("a room that may not be seen shows nothing, and is subscribed to anew when a seat is taken", async () => {
  const answers = { status: "running" as const, leader: "ann", refused: null as ErrorCode | null };
  const { feed, renewed } = feedOn(answers);
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(leaderOf(feed)).toBe("ann"));
  expect(renewed).toEqual([]);
  answers.refused = "FORBIDDEN";
  feed.refresh("cup");
  await eventually(() => expect(feed.room("cup").getSnapshot().refused).toBe("FORBIDDEN"));
  expect(feed.room("cup").getSnapshot()).toMatchObject({ room: null, rows: [], loaded: true });
  answers.refused = null;
  feed.refresh("cup");
  await eventually(() => expect(leaderOf(feed)).toBe("ann"));
  expect(feed.room("cup").getSnapshot().refused).toBeNull();
  expect(renewed).toEqual(['{"channel":"room","roomId":"cup"}']);
  stop();
});

test("a server that cannot be reached takes nothing away from what is shown", async () => {
  const answers = { status: "running" as const, leader: "ann", refused: null as ErrorCode | null };
  const { feed } = feedOn(answers);
  const stop = feed.room("cup").subscribe(() => {});
  await eventually(() => expect(leaderOf(feed)).toBe("ann"));
  answers.refused = "UNAVAILABLE";
  feed.refresh("cup");
  await new Promise((resolve) => setImmediate(resolve));
  expect(leaderOf(feed)).toBe("ann");
  stop();
});
