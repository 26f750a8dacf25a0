/** The checker is only worth what it catches: every promise broken on purpose, one at a time, is named. */
import { expect, test } from "@jest/globals";
import { check } from "../checker/check.ts";
import { amount, product, text } from "../checker/decimal.ts";
import type { Json } from "../evidence.ts";
import { ALICE, asEvidence, healthyRun, type SpoilableRun, watchedBook } from "./healthy-run.ts";

const rulesBroken = (run: SpoilableRun) =>
  [...new Set(check(asEvidence(run)).map(({ rule }) => rule))].sort();

test("a run in which every promise was kept has no violations", () => {
  expect(check(asEvidence(healthyRun()))).toEqual([]);
});

/** What is spoilt, how, and the rules that must be named at least. */
const SPOILT: [string, (run: SpoilableRun) => void, string[]][] = [
  // What clients were sent
  ["an event was dropped", (run) => run.clients[0]!.events.splice(3, 1), ["P3 hole"]],
  ["the last event was dropped", (run) => run.clients[1]!.events.pop(), ["P3 hole"]],
  ["the first event was dropped", (run) => run.clients[1]!.events.shift(), ["P3 hole"]],
  [
    "an event came twice",
    ({ clients }) => clients[0]!.events.splice(4, 0, clients[0]!.events[3]!),
    ["P3 repeat"],
  ],
  [
    "two events changed places",
    ({ clients }) => swap(clients[0]!.events, 2, 3),
    ["P3 hole", "P3 repeat"],
  ],
  [
    "an event was told with another content",
    ({ clients }) => {
      const [name, payload] = clients[0]!.events[5]!;
      clients[0]!.events[5] = [name, { ...payload, total: "86", available: "86" }];
    },
    ["P2 differs from the log"],
  ],
  [
    "an event was told that is in no log",
    ({ clients }) => clients[2]!.events.push(["balance:updated", { seq: 2, asset: "SIM_USD" }]),
    ["P2 not in the log"],
  ],
  [
    "another user's event was told",
    ({ clients }) => clients[2]!.events.push(clients[0]!.events[3]!),
    ["P7 foreign event"],
  ],
  [
    "a client was told to reload",
    ({ clients }) => clients[0]!.resyncs.push("too old"),
    ["P3 resync"],
  ],

  // Commands
  [
    "an acknowledged order is nowhere",
    (run) => run.commands.push({ ...run.commands[0], key: "c-lost" }),
    ["P3 once"],
  ],
  [
    "an acknowledged order was made twice",
    (run) =>
      logAgain(run, 7, (payload) => ({ ...payload, order: { ...payload.order, id: "o-9" } })),
    ["P3 once"],
  ],
  [
    "a retried command was answered with another outcome",
    (run) => {
      const { value } = run.commands[1].answer;
      const order = { ...value.order, id: "o-7" };
      run.commands.push({ ...run.commands[1], answer: { ok: true, value: { ...value, order } } });
    },
    ["P3 once", "P3 one answer"],
  ],
  [
    "a refused order was made all the same",
    (run) => {
      run.commands[1].answer = { ok: false, error: { code: "NOTIONAL", message: "" } };
    },
    ["P3 refused"],
  ],
  [
    "an order was answered as filled that was not",
    (run) => {
      run.commands[1].answer.value.order = {
        ...run.commands[1].answer.value.order,
        status: "filled",
      };
    },
    ["P3 answer"],
  ],
  [
    "a deposit was booked twice",
    (run) => postAgain(run, 1),
    ["P3 once", "P4 balance", "P4 zero sum"],
  ],
  [
    "an acknowledged deposit was not booked",
    (run) => alice(run).journal.splice(1, 1),
    ["P3 once", "P4 balance", "P4 zero sum"],
  ],

  // Money and orders
  [
    "a fill was doubled",
    (run) => {
      logAgain(run, 3, (payload) => payload);
      alice(run).trades.push(alice(run).trades[0]!);
    },
    ["P4 fills", "P4 trades"],
  ],
  [
    "a fill was made twice, as two trades",
    (run) => {
      const again = (trade: Json) => ({ ...trade, id: "o-1-2" });
      logAgain(run, 3, (payload) => ({ ...payload, trade: again(payload.trade) }));
      const [, line] = alice(run).trades[0]!;
      alice(run).trades.push(["4-1", JSON.stringify(again(JSON.parse(line)))]);
    },
    ["P4 fills", "P5 phantom"],
  ],
  [
    "a balance is wrong",
    (run) => {
      const wrong = {
        account: "main",
        asset: "SIM_USD",
        total: "86",
        available: "86",
        locked: "0",
      };
      alice(run).state["balance/main/SIM_USD"] = JSON.stringify(wrong);
    },
    ["P4 balance", "P4 zero sum"],
  ],
  [
    "a total is not available and locked",
    (run) => {
      const wrong = {
        account: "main",
        asset: "SIM_USD",
        total: "86",
        available: "85",
        locked: "0",
      };
      alice(run).state["balance/main/SIM_USD"] = JSON.stringify(wrong);
    },
    ["P4 balance", "P4 zero sum"],
  ],
  [
    "more is locked than open orders reserve",
    (run) => delete alice(run).state["order/o-2"],
    ["P4 balance"],
  ],
  ["a posting is missing", (run) => alice(run).journal.splice(3, 1), ["P4 balance", "P4 zero sum"]],
  [
    "an order ended twice",
    (run) => {
      logAgain(run, 4, (payload) => payload);
      alice(run).orders.push(alice(run).orders[0]!);
    },
    ["P4 ends once"],
  ],
  ["a trade is missing in the history", (run) => alice(run).trades.pop(), ["P2 history"]],
  ["the log has a hole", (run) => alice(run).events.splice(5, 1), ["P1 log"]],

  // Market
  [
    "a fill was made while the market was stale",
    ({ feed }) => {
      feed[1]!.timestamp = "2026-01-01T00:00:05.000Z";
    },
    ["P6 stale fill"],
  ],
  [
    "a fill was made on a halted market that the leader took for live",
    ({ silences }) => {
      silences[0]!.fromMs -= 15_000;
    },
    ["P6 stale fill"],
  ],
  [
    "more was taken at a price than was displayed",
    ({ market }) => {
      market[1].asks = [["10.00", "1.9"]];
    },
    ["P5 phantom"],
  ],
  [
    "a fill was made at a price that was not displayed",
    ({ market }) => {
      market[0].asks = [];
      market[1].asks = [["10.01", "5"]];
    },
    ["P5 phantom"],
  ],
  [
    "a book's checksum was wrong",
    ({ books }) => {
      books[0] = watchedBook("watcher", (frames) => (frames[1].checksum += 1));
    },
    ["P1 book"],
  ],
  [
    "a level of a book was swallowed",
    ({ books }) => {
      books[0] = watchedBook("watcher", (frames) => frames[1].bids.pop());
    },
    ["P1 book"],
  ],
  [
    "a change of a book was swallowed",
    ({ books }) => {
      books[0] = watchedBook("watcher", (frames) => (frames[1].prevSeq = 2));
    },
    ["P1 book"],
  ],
];

test.each(SPOILT)("%s: caught", (_, spoil, rules) => {
  const run = healthyRun();
  spoil(run);
  expect(rulesBroken(run)).toEqual(expect.arrayContaining(rules));
});

test("an unsettled command may have taken effect or not, but not twice", () => {
  const run = healthyRun();
  const unsettled = { ...run.commands[1], answer: null, answeredAtMs: null };
  run.commands = [unsettled, { ...unsettled, key: "c-never" }];
  expect(check(asEvidence(run))).toEqual([]);
  logAgain(run, 7, (payload) => ({ ...payload, order: { ...payload.order, id: "o-9" } }));
  expect(rulesBroken(run)).toContain("P3 once");
});

test("sums are exact far beyond what a double holds", () => {
  expect(
    text(amount("12345678901234567890.123456789012345678") + amount("0.000000000000000001")),
  ).toBe("12345678901234567890.123456789012345679");
  expect(product("78488.51", "0.00365")).toBe(amount("286.4830615"));
  expect(text(amount("-1.50"))).toBe("-1.5");
  expect(() => amount("1e3")).toThrow("no decimal text");
});

function alice(run: SpoilableRun) {
  return run.users.find(({ userId }) => userId === ALICE)!;
}

function swap<T>(items: T[], left: number, right: number): void {
  [items[left], items[right]] = [items[right]!, items[left]!];
}

function postAgain(run: SpoilableRun, index: number): void {
  alice(run).journal.push(alice(run).journal[index]!);
}

/** Logs and tells one of Alice's events once more, under the next number. */
function logAgain(run: SpoilableRun, index: number, change: (payload: Json) => Json): void {
  const user = alice(run);
  const [name, payload] = JSON.parse(user.events[index]![1]);
  const seq = user.events.length + 1;
  const event = [name, { ...change(payload), seq }] as const;
  user.events.push([`${seq}-0`, JSON.stringify(event)]);
  user.state.seq = String(seq);
  for (const client of run.clients) if (client.userId === ALICE) client.events.push(event);
}
