import { expect, test } from "@jest/globals";
import type { PendingStatement, Posting } from "@mirrorbook/protocol";
import { closeRedis, connectRedis, keys, readStatement, writeStatement } from "@mirrorbook/store";
import { startRedis } from "@mirrorbook/testkit";
import { StatementDraft } from "../src/statement.ts";
import { drawUpStatement } from "../src/statement-work.ts";

const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`;
const OWN = "user/alice/main/available";
const LOCKED = "user/alice/main/locked";

function posting(at: string, debit: string, credit: string, amount: string, reason: string) {
  const asset = "SIM_USD";
  return { id: "1-0", account: "main", asset, debit, credit, amount, reason, cause: "c", at };
}

const JOURNAL: readonly Posting[] = [
  posting(day(1), "issuance", OWN, "1000", "deposit"),
  posting(day(2), OWN, LOCKED, "300", "reserve"),
  posting(day(2), LOCKED, "venue/BTCUSDT", "250.5", "trade"),
  posting(day(3), "venue/BTCUSDT", OWN, "100", "trade"),
  posting(day(3), OWN, "fees/BTCUSDT", "0.1", "fee"),
  posting(day(4), LOCKED, OWN, "49.5", "release"),
  {
    ...posting(day(3), "issuance", "user/alice/room-x/available", "5", "deposit"),
    account: "room-x",
  },
];

function asked(from: string | null, to: string, requestedAt = day(9)): PendingStatement {
  return { status: "pending", account: "main", from, to, requestedAt };
}

test.each([
  [
    "all there is",
    asked(null, day(9)),
    6,
    {
      asset: "SIM_USD",
      opening: "0",
      closing: "849.4",
      movements: [
        { reason: "deposit", received: "1000", paid: "0" },
        { reason: "trade", received: "100", paid: "250.5" },
        { reason: "fee", received: "0", paid: "0.1" },
      ],
    },
  ],
  [
    "from a day on, and before another",
    asked(day(2), day(3)),
    2,
    {
      asset: "SIM_USD",
      opening: "1000",
      closing: "749.5",
      movements: [{ reason: "trade", received: "0", paid: "250.5" }],
    },
  ],
])("a statement of %s", (_, request, postings, line) => {
  const draft = new StatementDraft("alice", request);
  for (const one of JOURNAL) draft.add(one);
  expect(draft.finish(true)).toEqual({
    ...request,
    status: "ready",
    postings,
    complete: true,
    lines: [line],
  });
});

test("it is read from the whole journal, says when that is not whole, and yields to a later request", async () => {
  await using server = await startRedis();
  using held = new DisposableStack();
  const where = { kind: "server", url: server.url } as const;
  const redis = held.adopt(connectRedis(where, "jobs"), closeRedis);
  const first = asked(null, day(9));
  await writeStatement(redis, "alice", first);
  for (let version = 1; version <= 2_500; version++) {
    const entry = JSON.stringify([posting(day(1), "issuance", OWN, "1", "deposit")]);
    redis.xadd(keys.userJournal("alice"), `${version}-0`, "e", entry).catch(() => {});
  }
  await drawUpStatement(redis, { userId: "alice", asked: first });
  const ready = await readStatement(redis, "alice");
  expect(ready).toMatchObject({ complete: true, postings: 2_500, lines: [{ closing: "2500" }] });

  await redis.xtrim(keys.userJournal("alice"), "MAXLEN", 10);
  await drawUpStatement(redis, { userId: "alice", asked: first });
  expect(await readStatement(redis, "alice")).toMatchObject({ complete: false, postings: 10 });

  const later = asked(null, day(9), "2026-01-09T00:00:01.000Z");
  await writeStatement(redis, "alice", later);
  await drawUpStatement(redis, { userId: "alice", asked: first });
  expect(await readStatement(redis, "alice")).toEqual(later);
});
