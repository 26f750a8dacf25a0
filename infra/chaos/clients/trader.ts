import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@mirrorbook/testkit/random";
import type { CommandAnswer, CommandEvidence, Json } from "../evidence.ts";
import type { ChaosClient } from "./chaos-client.ts";
import { drawMessage, type Market, type Message, type OpenOrder } from "./orders.ts";

/** Answers after which the same command is sent again: none of them judged it. */
const UNSETTLED = new Set([
  "OUTCOME_UNKNOWN",
  "UNAVAILABLE",
  "DRAINING",
  "RATE_LIMITED",
  "INTERNAL",
]);
const REPEAT_AFTER_MS = 200;
const OPEN_ORDERS_REMEMBERED_MAX = 20;
/** Share of commands that are sent again after they were answered, as a client that lost the answer would. */
const SENT_AGAIN = 0.1;

export interface TradingFloor {
  readonly markets: readonly Market[];
  priceOf(symbol: string): number | null;
  readonly uniqueAmount: () => string;
  readonly commands: CommandEvidence[];
}

/** Sends `message` until something settles it, or `stopped` says that the run is over. */
export async function settle(
  client: ChaosClient,
  { message, key, body }: Message,
  commands: CommandEvidence[],
  stopped: AbortSignal,
): Promise<CommandAnswer | null> {
  const command: CommandEvidence = {
    client: client.name,
    userId: client.userId,
    message,
    key,
    body,
    sentAtMs: performance.now(),
    answeredAtMs: null,
    answer: null,
  };
  commands.push(command);
  while (!stopped.aborted) {
    const answer = await client.ask(message, body);
    if (answer !== null && (answer.ok === true || !UNSETTLED.has(answer.error.code))) {
      command.answer = answer;
      command.answeredAtMs = performance.now();
      return answer;
    }
    await sleep(REPEAT_AFTER_MS);
  }
  return null;
}

export interface TraderOptions {
  readonly floor: TradingFloor;
  readonly random: Random;
  /** A second connection of the same user: some commands are sent on both at once, under one key. */
  readonly twin: ChaosClient | null;
  readonly paceMs: number;
  /** No new command is begun after this. */
  readonly ending: AbortSignal;
  /** Nothing is repeated after this. */
  readonly stopped: AbortSignal;
}

/** Trades until the run ends; every command is settled before the next. */
export async function trade(client: ChaosClient, options: TraderOptions): Promise<void> {
  const { floor, random, twin, paceMs, ending, stopped } = options;
  let open: readonly OpenOrder[] = [];
  await fund(client, options);
  for (let number = 1; !ending.aborted; number++) {
    await sleep(random.between(0.5, 1.5) * paceMs);
    const market = random.pick(floor.markets);
    const price = floor.priceOf(market.symbol);
    if (price === null || ending.aborted) continue;
    const { uniqueAmount, commands } = floor;
    const key = `${client.name}-${number}`;
    const message = drawMessage({ random, key, market, price, open, uniqueAmount });
    const senders = twin !== null && random.chance(0.3) ? [client, twin] : [client];
    const [answer] = await Promise.all(
      senders.map((sender) => settle(sender, message, commands, stopped)),
    );
    open = openAfter(open, answer ?? null);
    if (random.chance(SENT_AGAIN)) await settle(twin ?? client, message, commands, stopped);
  }
}

/** Something to sell in each market. */
async function fund(client: ChaosClient, { floor, stopped }: TraderOptions): Promise<void> {
  for (const { base } of floor.markets) {
    const key = `${client.name}-${base}`;
    const body = { asset: base, amount: floor.uniqueAmount(), commandId: key };
    await settle(client, { message: "account:deposit", key, body }, floor.commands, stopped);
  }
}

function openAfter(open: readonly OpenOrder[], answer: CommandAnswer | null): readonly OpenOrder[] {
  if (answer === null || answer.ok === false) return open;
  const { order, orders, placed, cancelled } = answer.value;
  const told: Json[] = [order, placed?.order, cancelled, ...(orders ?? [])].filter(Boolean);
  const ids = new Set(told.map(({ id }) => id));
  const stillOpen = told.filter(({ status, quantity }) => OPEN.has(status) && quantity !== null);
  const known = open.filter(({ id }) => !ids.has(id));
  const next = [
    ...known,
    ...stillOpen.map(({ id, symbol, quantity }) => ({ id, symbol, quantity })),
  ];
  return next.slice(-OPEN_ORDERS_REMEMBERED_MAX);
}

const OPEN = new Set(["pending", "open", "partially_filled"]);
