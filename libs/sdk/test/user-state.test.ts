import { expect, test } from "@jest/globals";
import type { Balance, Order, Position, Trade, UserEvent } from "@mirrorbook/protocol";
import fc from "fast-check";
import { addToTape, mergeTape, type TapeTrade } from "../src/market-state.ts";
import {
  applyUserEvent,
  EMPTY_USER_STATE,
  forgetPositions,
  loadPart,
  markPosition,
  TRADES_MAX,
  type UserState,
} from "../src/user-state.ts";

const at = (seq: number) => ({ seq, timestamp: "2026-01-01T00:00:00.000Z" });
const order = (id: string, status: Order["status"]) => ({ id, status, account: "main" }) as Order;
const ordered = (seq: number, id: string, status: Order["status"]): UserEvent => [
  "order:created",
  { ...at(seq), order: order(id, status) },
];
const positioned = (seq: number, status: Position["status"], quantity: string): UserEvent => [
  "position:updated",
  { ...at(seq), position: { account: "main", symbol: "BTCUSDT", status, quantity } as Position },
];
const dollars = (total: string): Balance => ({
  ...{ account: "main", asset: "SIM_USD", total },
  ...{ available: total, locked: "0" },
});
const balanced = (seq: number, total: string): UserEvent => [
  "balance:updated",
  { ...at(seq), ...dollars(total), reason: "test" },
];
const after = (...events: UserEvent[]) => events.reduce(applyUserEvent, EMPTY_USER_STATE);
const ids = (orders: UserState["openOrders"]) => orders.items.map(({ id }) => id);

test("an order is open from its first event to its last, then in the history", () => {
  const open = after(ordered(1, "a", "open"), ordered(2, "b", "open"), ordered(3, "a", "open"));
  expect(ids(open.openOrders)).toEqual(["b", "a"]);
  const filled = applyUserEvent(open, ordered(4, "a", "filled"));
  expect([ids(filled.openOrders), ids(filled.closedOrders)]).toEqual([["b"], ["a"]]);
});

test("an order refused by the book appears in the history only", () => {
  const state = after(ordered(1, "a", "rejected"));
  expect([ids(state.openOrders), ids(state.closedOrders)]).toEqual([[], ["a"]]);
});

test("a position is replaced while it is open and leaves when it is closed", () => {
  const open = after(positioned(1, "open", "1"), positioned(2, "open", "2"));
  expect(open.positions.items.map(({ quantity }) => quantity)).toEqual(["2"]);
  expect(applyUserEvent(open, positioned(3, "closed", "0")).positions.items).toEqual([]);
});

test("fills are kept newest first, each once, up to a limit", () => {
  let state = EMPTY_USER_STATE;
  for (let n = 1; n <= TRADES_MAX + 3; n++) {
    const trade = { id: `t${n}` } as Trade;
    state = applyUserEvent(state, ["trade:executed", { ...at(n), trade }]);
  }
  expect(state.trades.items).toHaveLength(TRADES_MAX);
  expect(state.trades.items[0]?.id).toBe(`t${TRADES_MAX + 3}`);
});

test("what REST brought is not turned back by an event it already contains", () => {
  const loaded = loadPart(EMPTY_USER_STATE, "balances", [dollars("70")], 7);
  expect(applyUserEvent(loaded, balanced(6, "60")).balances.items).toEqual([dollars("70")]);
  expect(applyUserEvent(loaded, balanced(8, "80")).balances.items).toEqual([dollars("80")]);
});

test("a late REST answer does not turn back what events brought", () => {
  const loaded = loadPart(EMPTY_USER_STATE, "balances", [dollars("1")], 1);
  const moved = applyUserEvent(loaded, balanced(9, "90"));
  expect(loadPart(moved, "balances", [dollars("5")], 5)).toBe(moved);
  expect(loadPart(forgetPositions(moved), "balances", [dollars("5")], 5).balances.items).toEqual([
    dollars("5"),
  ]);
});

test("an event of one kind leaves the other parts as they are, so that nothing else renders", () => {
  const before = after(ordered(1, "a", "open"));
  const moved = applyUserEvent(before, balanced(2, "1"));
  expect(moved.openOrders).toBe(before.openOrders);
  expect(moved.positions).toBe(before.positions);
});

test("a mark values the position it knows and no other", () => {
  const open = after(positioned(1, "open", "1"));
  const [position] = open.positions.items;
  const marked = { ...position!, unrealizedPnL: "5" };
  expect(markPosition(open, marked).positions).toMatchObject({ items: [marked], asOf: 1 });
  expect(markPosition(open, { ...marked, quantity: "2" })).toBe(open);
  expect(markPosition(EMPTY_USER_STATE, marked)).toBe(EMPTY_USER_STATE);
});

test("property: loading at any moment and then applying all events ends in the same balances", () => {
  const totals = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(totals, fc.nat(), (values, when) => {
      const events = values.map((value, i) => balanced(i + 1, String(value)));
      const loadedAt = (when % values.length) + 1;
      const loaded = loadPart(
        EMPTY_USER_STATE,
        "balances",
        [dollars(String(values[loadedAt - 1]))],
        loadedAt,
      );
      const state = events.reduce(applyUserEvent, loaded);
      expect(state.balances.items).toEqual([dollars(String(values.at(-1)))]);
    }),
  );
});

test("the tape is newest first without repeats, history below what came live", () => {
  const line = (seq: number) => ({ seq, price: "1" }) as TapeTrade;
  const live = [3, 4, 4, 5].map(line).reduce(addToTape, [] as readonly TapeTrade[]);
  expect(live.map(({ seq }) => seq)).toEqual([5, 4, 3]);
  expect(mergeTape(live, [4, 3, 2, 1].map(line)).map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
});
