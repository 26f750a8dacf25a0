import { describe, expect, test } from "@jest/globals";
import { ROOM_SYSTEM, type RoomStatus } from "@mirrorbook/protocol";
import { decodeRoom, gateOf, type Transition, transition } from "../src/index.ts";
import { codeOf, eventsOf, ROOM, RoomWorld } from "./fixtures.ts";

const STATUSES: RoomStatus[] = ["draft", "open", "running", "paused", "settling", "ended"];

/** Where each transition leads from each status; "=": there already; "-": refused. */
const LIFE: Record<Transition, readonly string[]> = {
  //        draft      open       running     paused      settling  ended
  open: ["open", "=", "-", "-", "-", "-"],
  start: ["-", "running", "=", "-", "-", "-"],
  pause: ["-", "-", "paused", "=", "-", "-"],
  resume: ["-", "-", "=", "running", "-", "-"],
  end: ["-", "-", "settling", "settling", "=", "-"],
  settle: ["-", "-", "-", "-", "ended", "="],
  cancel: ["ended", "ended", "-", "-", "-", "-"],
};

describe("the life of a room", () => {
  const cases = Object.entries(LIFE).flatMap(([name, row]) =>
    row.map((expected, index) => [name as Transition, STATUSES[index]!, expected] as const),
  );

  test.each(cases)("%s from %s: %s", (name, status, expected) => {
    const outcome = transition(name, status);
    if (expected === "-") expect(outcome).toMatchObject({ error: { code: "ROOM_STATE" } });
    else if (expected === "=") expect(outcome).toEqual({ kind: "already" });
    else expect(outcome).toEqual({ kind: "moved", to: expected });
  });

  test("goes from draft to ended, and every step is told and opens or closes trading", () => {
    const world = new RoomWorld();
    const steps = [
      world.create({ durationMs: 60_000 }),
      world.move("open"),
      world.move("start"),
      world.move("pause"),
      world.move("resume"),
      world.move("end"),
      world.settle(),
    ];
    expect(steps.map(codeOf)).toEqual(Array(7).fill("ok"));
    expect(steps.map(eventsOf)).toEqual([
      ["room:state_changed"],
      ["room:state_changed"],
      ["room:state_changed", "room:started"],
      ["room:state_changed"],
      ["room:state_changed"],
      ["room:state_changed"],
      ["room:state_changed", "room:ended"],
    ]);
    const account = "room-cup";
    const gates = steps.map(({ effects: [effect] }) => effect);
    expect(gates.slice(1)).toEqual([
      { kind: "gate", account, symbols: null },
      { kind: "gate", account, symbols: ["BTCUSDT"] },
      { kind: "gate", account, symbols: null },
      { kind: "gate", account, symbols: ["BTCUSDT"] },
      { kind: "gate", account, symbols: null },
      { kind: "gate", account, symbols: null },
    ]);
    expect(world.core).toMatchObject({ marks: { BTCUSDT: "100" }, finalHash: "0".repeat(64) });
    const numbers = steps.flatMap(({ commit }) => commit!.events.map(([, { seq }]) => seq));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("a duration counts from the start; an end that has passed lets nothing start", () => {
    const world = new RoomWorld();
    world.create({ durationMs: 60_000 });
    world.move("open");
    world.nowMs += 5_000;
    world.move("start");
    expect(world.core.endsAtMs).toBe(world.nowMs + 60_000);

    const late = new RoomWorld();
    late.create({ endsAtMs: late.nowMs + 1_000 });
    late.move("open");
    late.nowMs += 1_000;
    expect(codeOf(late.move("start"))).toBe("ROOM_STATE");
    expect(codeOf(late.move("cancel", ROOM_SYSTEM))).toBe("ok");
  });
});

describe("who may do what", () => {
  test("only the owner moves a room; the system starts, ends and settles it", () => {
    const world = new RoomWorld();
    world.create();
    world.move("open");
    expect(codeOf(world.move("start", "eve"))).toBe("FORBIDDEN");
    expect(codeOf(world.move("start", ROOM_SYSTEM))).toBe("ok");
    expect(codeOf(world.move("pause", ROOM_SYSTEM))).toBe("FORBIDDEN");
    expect(codeOf(world.move("end", ROOM_SYSTEM))).toBe("ok");
    const settle = { type: "room:settle", finalHash: "0".repeat(64) } as const;
    expect(codeOf(world.send("owner", settle))).toBe("FORBIDDEN");
  });

  test("nobody but its owner learns of a draft", () => {
    const world = new RoomWorld();
    expect(codeOf(world.join("alice"))).toBe("UNKNOWN_ROOM");
    world.create();
    expect(codeOf(world.join("alice"))).toBe("UNKNOWN_ROOM");
    expect(codeOf(world.join("owner"))).toBe("ROOM_STATE");
  });

  test("a room by invitation is joined with its code, which no answer shows", () => {
    const world = new RoomWorld();
    const created = world.create({ visibility: "code" }, "s3cret");
    world.move("open");
    expect(JSON.stringify(created.answer)).not.toContain("s3cret");
    expect(codeOf(world.join("alice"))).toBe("FORBIDDEN");
    expect(codeOf(world.join("alice", "guess"))).toBe("FORBIDDEN");
    expect(codeOf(world.join("alice", "s3cret"))).toBe("ok");
    expect(codeOf(world.join("owner"))).toBe("ok");
  });

  test("rules are edited in a draft only, by the owner", () => {
    const world = new RoomWorld();
    world.create();
    const edit = { type: "room:edit", rules: { ...world.core.rules, name: "Bowl" } } as const;
    expect(codeOf(world.send("eve", edit))).toBe("UNKNOWN_ROOM");
    expect(codeOf(world.send("owner", edit))).toBe("ok");
    expect(world.core.rules.name).toBe("Bowl");
    world.move("open");
    expect(codeOf(world.send("owner", edit))).toBe("ROOM_STATE");
  });
});

describe("seats", () => {
  function openRoom(memberLimit = 2): RoomWorld {
    const world = new RoomWorld();
    world.create({ memberLimit });
    world.move("open");
    return world;
  }

  test("are taken up to the limit, once per user, and given back", () => {
    const world = openRoom();
    expect(["alice", "bob", "alice", "carol"].map((id) => codeOf(world.join(id)))).toEqual([
      "ok",
      "ok",
      "ok",
      "ROOM_FULL",
    ]);
    expect(world.core.members).toBe(2);
    const left = world.send("bob", { type: "room:leave" });
    expect(eventsOf(left)).toEqual(["room:member_left"]);
    expect(left.effects).toMatchObject([
      { userId: "bob", body: { type: "account:close_portfolio" } },
    ]);
    expect(codeOf(world.join("carol"))).toBe("ok");
    expect(world.core.members).toBe(2);
  });

  test("open the member's portfolio by the room's rules", () => {
    const world = openRoom();
    expect(world.join("alice").effects).toEqual([
      {
        kind: "portfolio",
        userId: "alice",
        body: {
          type: "account:open_portfolio",
          account: "room-cup",
          startingBalance: "100000",
          settings: expect.objectContaining({ gated: true, ownFunding: false, trading: true }),
        },
      },
    ]);
  });

  test("who was removed does not come again; who left may", () => {
    const world = openRoom();
    world.join("alice");
    world.join("bob");
    world.send("alice", { type: "room:leave" });
    expect(codeOf(world.join("alice"))).toBe("ok");
    const kick = { type: "room:kick", memberId: "bob" } as const;
    expect(codeOf(world.send("alice", kick))).toBe("FORBIDDEN");
    expect(codeOf(world.send("owner", kick))).toBe("ok");
    expect(codeOf(world.join("bob"))).toBe("FORBIDDEN");
  });

  test("nobody leaves a room that is over: its ranking stands", () => {
    const world = openRoom();
    world.join("alice");
    world.move("start");
    world.move("end");
    expect(codeOf(world.send("alice", { type: "room:leave" }))).toBe("ROOM_STATE");
    expect(codeOf(world.join("bob"))).toBe("ROOM_STATE");
  });
});

describe("a command takes effect once", () => {
  test("the same key gives the first answer; with another body it is refused", () => {
    const world = new RoomWorld();
    world.create();
    world.move("open");
    world.move("start");
    const pause = { type: "room:pause" } as const;
    const first = world.send("owner", pause, { key: "p" });
    world.move("resume");
    const again = world.send("owner", pause, { key: "p" });
    expect(again.answer).toEqual({ ...first.answer, replayed: true });
    expect(again.commit).toBeNull();
    expect(world.core.status).toBe("running");
    const other = world.send("owner", { type: "room:end" }, { key: "p" });
    expect(codeOf(other)).toBe("COMMAND_ID_REUSED");
  });

  test("a retried pause after a resume closes nothing: effects follow the room as it stands", () => {
    const world = new RoomWorld();
    world.create();
    world.move("open");
    world.move("start");
    world.send("owner", { type: "room:pause" }, { key: "p" });
    world.move("resume");
    const again = world.send("owner", { type: "room:pause" }, { key: "p" });
    expect(again.effects).toEqual([{ kind: "gate", ...gateOf(world.room) }]);
    expect(again.effects[0]).toMatchObject({ symbols: ["BTCUSDT"] });
  });

  test("a join read again by the next leader opens the portfolio that the last one did not get to", () => {
    const world = new RoomWorld();
    world.create();
    world.move("open");
    const id = `${world.nowMs}-99`;
    const join = { type: "room:join", name: "alice", code: null } as const;
    const first = world.send("alice", join, { id, key: "j" });
    const next = decodeRoom(ROOM, {
      version: world.room.version,
      seq: world.room.seq,
      fields: world.fields,
    });
    expect(next).toEqual(world.room);
    const again = world.send("alice", join, { id, key: "j" });
    expect(again.commit).toBeNull();
    expect(again.effects).toEqual(first.effects);
  });
});
