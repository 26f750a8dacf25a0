/** Judges a simulation by what clients saw and what is stored. Trusts neither the leader nor the exchange. */
import { Amount } from "@mirrorbook/kernel";
import type { Answer, Balance, Order, Posting, Trade } from "@mirrorbook/protocol";
import type { SimClient } from "./sim-client.ts";
import type { SimMarket } from "./sim-market.ts";
import type { SimRedis, SimUser } from "./sim-redis.ts";

const PRICE_UNIT = 100;
const SIZE_UNIT = 100_000;

/** All violations found, as sentences; none is the only good answer. */
export function violations(redis: SimRedis, market: SimMarket, clients: SimClient[]): string[] {
  const found: string[] = [];
  const fills: Trade[] = [];
  for (const client of clients) {
    const user = redis.users.get(client.userId);
    if (user === undefined) {
      found.push(`${client.userId} was never stored`);
      continue;
    }
    found.push(
      ...numbering(client.userId, user),
      ...once(client, user),
      ...money(client.userId, user),
    );
    fills.push(...user.outcomes.flatMap(({ trades }) => trades));
  }
  found.push(...liquidity(market, fills));
  return found;
}

/** P1: events are 1, 2, 3, … and versions follow each other. */
function* numbering(userId: string, user: SimUser): Generator<string> {
  for (const [i, [name, { seq }]] of user.events.entries()) {
    if (seq !== i + 1) yield `P1: ${userId} event ${i + 1} (${name}) has number ${seq}`;
  }
  for (const [i, { version }] of user.outcomes.entries()) {
    if (version !== i) yield `P1: ${userId} commit ${i} was computed from version ${version}`;
  }
}

/** P3: every command has one outcome, every answer tells it, and an order placed exists once. */
function* once(client: SimClient, user: SimUser): Generator<string> {
  const created = new Map<string, number>();
  for (const [name, payload] of user.events) {
    if (name !== "order:created") continue;
    const { clientOrderId } = (payload as { order: Order }).order;
    created.set(clientOrderId, (created.get(clientOrderId) ?? 0) + 1);
  }
  for (const { key, body, answers, done, outcome } of client.commands) {
    if (!done) yield `P3: ${key} never learned its outcome`;
    // What may be retried says nothing of a later attempt.
    const known = answers.filter(
      (answer) => answer.ok || !(answer.error.retry || isForgotten(answer)),
    );
    const texts = new Set(known.map(({ ...answer }) => JSON.stringify({ ...answer, replayed: 0 })));
    if (texts.size > 1) yield `P3: ${key} was answered in ${texts.size} ways: ${[...texts].join()}`;
    if (body.type !== "order:place") continue;
    const times = created.get(key) ?? 0;
    const wasPlaced = known.some(({ ok }) => ok);
    if (outcome?.ok === false && !isForgotten(outcome) && times > 0) {
      yield `P3: ${key} was placed though its client was left with ${outcome.error.code}`;
    }
    if (times > 1 || (wasPlaced && times !== 1)) yield `P3: ${key} was placed ${times} times`;
  }
}

/** It was answered before, so long ago that only its key is still known: no key is used twice here. */
function isForgotten(answer: Answer<unknown>): boolean {
  return !answer.ok && answer.error.code === "COMMAND_ID_REUSED";
}

/** P4: balances are what the journal adds up to. */
function* money(userId: string, user: SimUser): Generator<string> {
  const ledger = new Map<string, Amount>();
  const move = (account: string, asset: string, amount: Amount) => {
    const key = `${account} ${asset}`;
    ledger.set(key, (ledger.get(key) ?? new Amount(0)).add(amount));
  };
  for (const { debit, credit, asset, amount } of user.outcomes.flatMap(
    ({ postings }): readonly Posting[] => postings,
  )) {
    move(debit, asset, new Amount(amount).neg());
    move(credit, asset, new Amount(amount));
  }
  for (const [field, text] of user.fields) {
    if (!field.startsWith("balance/")) continue;
    const { account, asset, available, locked, total } = JSON.parse(text) as Balance;
    for (const [part, stored] of Object.entries({ available, locked })) {
      const posted = ledger.get(`user/${userId}/${account}/${part} ${asset}`) ?? new Amount(0);
      if (!posted.eq(stored)) yield `P4: ${userId} ${part} ${asset} is ${stored}, posted ${posted}`;
    }
    if (!new Amount(available).add(locked).eq(total))
      yield `P4: ${userId} ${asset} does not add up`;
  }
}

/** P5: at no price was more taken, up to any update, than was displayed plus what was added up to then. */
function* liquidity(market: SimMarket, trades: readonly Trade[]): Generator<string> {
  const taken = new Map<string, { updateId: number; size: number }[]>();
  for (const { side, price, quantity, liquidity, bookUpdateId } of trades) {
    if (liquidity !== "taker") continue;
    const key = `${side === "buy" ? "ask" : "bid"} ${Math.round(Number(price) * PRICE_UNIT)}`;
    const list = taken.get(key) ?? [];
    taken.set(key, list);
    list.push({ updateId: bookUpdateId, size: Math.round(Number(quantity) * SIZE_UNIT) });
  }
  for (const [key, fills] of taken) {
    const shown = market.history.get(key) ?? [];
    let sum = 0;
    for (const { updateId, size } of fills.sort((a, b) => a.updateId - b.updateId)) {
      sum += size;
      const offered = offeredUpTo(shown, updateId);
      if (sum > offered)
        yield `P5: ${sum} taken at ${key} by update ${updateId}, offered ${offered}`;
    }
  }
}

function offeredUpTo(
  shown: readonly { updateId: number; size: number }[],
  updateId: number,
): number {
  let offered = 0;
  let last = 0;
  for (const { updateId: at, size } of shown) {
    if (at > updateId) break;
    offered += Math.max(0, size - last);
    last = size;
  }
  return offered;
}
