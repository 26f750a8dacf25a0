/**
 * A user as stored: one JSON text per field. Decoding what was encoded gives the same user, so a leader that takes over
 * goes on exactly where the last commit ended.
 */
import { invariant, type Lots, type Ticks } from "@mirrorbook/kernel";
import type {
  Answer,
  Balance,
  Order,
  PortfolioSettings,
  Position,
  UserMeta,
} from "@mirrorbook/protocol";
import { stateField } from "@mirrorbook/protocol";
import { balanceJson, orderJson, positionJson, settingsJson } from "./json.ts";
import type { Market } from "./market.ts";
import { moneyText, parseMoney } from "./money.ts";
import {
  compareIds,
  type LiveOrder,
  type OrderStage,
  orderView,
  reservedAssetOf,
} from "./order.ts";
import type { StoredUser } from "./types.ts";
import {
  type BalanceState,
  balanceView,
  newPortfolio,
  newUser,
  type Portfolio,
  type PositionState,
  positionView,
  type StoredAnswer,
  type User,
} from "./user.ts";

interface StoredMeta extends UserMeta {
  readonly cancelAtMs: number | null;
}

interface StoredPortfolio {
  readonly account: string;
  readonly settings: PortfolioSettings;
  readonly openedAt: string;
  readonly deposited: string;
  readonly realizedPnL: string;
  /** Absent from portfolios stored before it was kept. */
  readonly lastFillAt?: string | null;
  readonly ledgerVersion?: number;
}

interface StoredPosition extends Position {
  readonly cost: string;
}

interface StoredOrder {
  readonly order: Order;
  readonly state: {
    readonly stage: OrderStage;
    readonly dueAtMs: number | null;
    readonly joinedAtMs: number;
    readonly joinedBookMs: number;
    readonly expireAtMs: number | null;
    readonly filledValue: string;
    readonly fills: number;
    readonly reserved: string;
    readonly reservedAsset: string;
  };
}

/** Lots and ticks, since the track is written at every change of a queue. */
interface StoredTrack {
  readonly ahead: number;
  readonly credit: number;
  readonly extreme: number | null;
}

/** `StoredMeta` */
export function metaText({ seq, lastCommandId, cancelAtMs }: User): string {
  return `{"seq":${seq},"lastCommandId":"${lastCommandId}","cancelAtMs":${cancelAtMs}}`;
}

/** `StoredPosition` */
export function positionText(position: PositionState, view: Position): string {
  return positionJson(view, moneyText(position.cost));
}

/** `StoredPortfolio`, whose settings change seldom and are turned into text once. */
export function portfolioText(portfolio: Portfolio): string {
  const { account, openedAt, deposited, realized, lastFillAt, ledgerVersion } = portfolio;
  const at = lastFillAt === null ? "null" : `"${lastFillAt}"`;
  return (
    `{"account":"${account}","settings":${settingsJson(portfolio.settings)}` +
    `,"openedAt":"${openedAt}","deposited":"${moneyText(deposited)}"` +
    `,"realizedPnL":"${moneyText(realized)}","lastFillAt":${at},"ledgerVersion":${ledgerVersion}}`
  );
}

/** `StoredOrder` */
export function orderText(order: LiveOrder, view: Order, market: Market): string {
  return (
    `{"order":${orderJson(view)},"state":{"stage":"${order.stage}","dueAtMs":${order.dueAtMs}` +
    `,"joinedAtMs":${order.joinedAtMs},"joinedBookMs":${order.joinedBookMs}` +
    `,"expireAtMs":${order.expireAtMs},"filledValue":"${moneyText(order.filledValue)}"` +
    `,"fills":${order.fills},"reserved":"${moneyText(order.reserved)}"` +
    `,"reservedAsset":"${reservedAssetOf(order, market)}"}}`
  );
}

/** `StoredTrack` */
export function trackText({ queue, extreme }: LiveOrder): string {
  return `{"ahead":${queue.ahead},"credit":${queue.credit},"extreme":${extreme}}`;
}

/** Whether anything of the order moves without an event, so that it has a track. */
export function isTracked(order: LiveOrder): boolean {
  return order.stage === "resting" || order.trailingBps !== null;
}

/** The answer is JSON already: it goes in as it is. */
export function answerText({ commandId, bodyHash, answer, refusedSentAtMs }: StoredAnswer): string {
  const refused = refusedSentAtMs === undefined ? "" : `,"refusedSentAtMs":${refusedSentAtMs}`;
  return `{"commandId":"${commandId}","bodyHash":"${bodyHash}","answer":${answer}${refused}}`;
}

/** All fields of a user, as its commits add up to. */
export function encodeUser(
  user: User,
  marketOf: (symbol: string) => Market,
): Record<string, string> {
  const fields: Record<string, string> = {};
  if (user.version > 0) fields[stateField.meta] = metaText(user);
  for (const portfolio of user.portfolios.values()) {
    fields[stateField.account(portfolio.account)] = portfolioText(portfolio);
    for (const balance of portfolio.balances.values()) {
      fields[stateField.balance(balance.account, balance.asset)] = balanceJson(
        balanceView(balance),
      );
    }
    for (const position of portfolio.positions.values()) {
      fields[stateField.position(position.account, position.symbol)] = positionText(
        position,
        positionView(position),
      );
    }
  }
  for (const order of user.orders.values()) {
    fields[stateField.order(order.id)] = textOf(order, marketOf(order.symbol));
    if (isTracked(order)) fields[stateField.track(order.id)] = trackText(order);
  }
  for (const answers of [user.usedKeys, user.answers]) {
    for (const [key, answer] of answers) fields[stateField.answer(key)] = answerText(answer);
  }
  for (const [field, text] of user.parked) fields[field] = text;
  return fields;
}

/** Reads a stored user. Its orders are `parked`: `unparkOrders` decodes those of a market once it is known. */
export function decodeUser(stored: StoredUser): User {
  const user = newUser(stored.userId);
  user.version = stored.version;
  const read = <T>(prefix: string): T[] =>
    Object.entries(stored.fields)
      .filter(([field]) => field.startsWith(prefix))
      .map(([, text]) => JSON.parse(text) as T);

  const meta = stored.fields[stateField.meta];
  if (meta !== undefined) {
    const { seq, lastCommandId, cancelAtMs } = JSON.parse(meta) as StoredMeta;
    Object.assign(user, { seq, lastCommandId, cancelAtMs });
  }
  for (const portfolio of read<StoredPortfolio>("account/")) {
    user.portfolios.set(portfolio.account, decodePortfolio(user.id, portfolio));
  }
  for (const balance of read<Balance>("balance/")) {
    portfolioOf(user, balance.account).balances.set(balance.asset, decodeBalance(balance));
  }
  for (const position of read<StoredPosition>("position/")) {
    portfolioOf(user, position.account).positions.set(position.symbol, decodePosition(position));
  }
  for (const [key, answer] of storedAnswers(stored.fields)) {
    (answer.answer === null ? user.usedKeys : user.answers).set(key, answer);
  }
  for (const [field, text] of Object.entries(stored.fields)) {
    if (field.startsWith("order/") || field.startsWith("track/")) user.parked.set(field, text);
  }
  return user;
}

/** Decodes the parked orders of `market`, in the order of their ids. */
export function unparkOrders(user: User, market: Market): LiveOrder[] {
  const orders: LiveOrder[] = [];
  for (const [field, text] of [...user.parked]) {
    if (!field.startsWith("order/")) continue;
    const stored = JSON.parse(text) as StoredOrder;
    if (stored.order.symbol !== market.spec.symbol) continue;
    const trackField = stateField.track(stored.order.id);
    const track = user.parked.get(trackField);
    orders.push(decodeOrder(user.id, stored, track, market));
    user.parked.delete(field);
    user.parked.delete(trackField);
  }
  return orders.sort((left, right) => compareIds(left.id, right.id));
}

/** Encodes orders back to what is stored, for a market whose units change. */
export function parkOrder(user: User, order: LiveOrder, market: Market): void {
  user.parked.set(stateField.order(order.id), textOf(order, market));
  if (isTracked(order)) user.parked.set(stateField.track(order.id), trackText(order));
}

function textOf(order: LiveOrder, market: Market): string {
  return orderText(order, orderView(order, market), market);
}

function storedAnswers(fields: StoredUser["fields"]): [string, StoredAnswer][] {
  const prefix = stateField.answer("");
  return Object.entries(fields)
    .filter(([field]) => field.startsWith(prefix))
    .map(([field, text]): [string, StoredAnswer] => {
      const { answer, ...stored } = JSON.parse(text) as Omit<StoredAnswer, "answer"> & {
        answer: Answer<unknown> | null;
      };
      const answerText = answer === null ? null : JSON.stringify(answer);
      return [field.slice(prefix.length), { ...stored, answer: answerText }];
    })
    .sort(([, left], [, right]) => compareIds(left.commandId, right.commandId));
}

function portfolioOf(user: User, account: string): Portfolio {
  const portfolio = user.portfolios.get(account);
  invariant(portfolio !== undefined, "a stored balance or position belongs to a stored portfolio");
  return portfolio;
}

function decodePortfolio(userId: string, stored: StoredPortfolio): Portfolio {
  return {
    ...newPortfolio(userId, stored.account, stored.settings, stored.openedAt),
    deposited: parseMoney(stored.deposited),
    realized: parseMoney(stored.realizedPnL),
    lastFillAt: stored.lastFillAt ?? null,
    ledgerVersion: stored.ledgerVersion ?? 0,
  };
}

function decodeBalance({ account, asset, available, locked }: Balance): BalanceState {
  return { account, asset, available: parseMoney(available), locked: parseMoney(locked) };
}

function decodePosition(stored: StoredPosition): PositionState {
  return {
    id: stored.id,
    account: stored.account,
    pair: stored.pair,
    symbol: stored.symbol,
    quantity: parseMoney(stored.quantity),
    cost: parseMoney(stored.cost),
    realized: parseMoney(stored.realizedPnL),
    mark: parseMoney(stored.currentPrice),
    status: stored.status,
    openedAt: stored.openedAt,
    closedAt: stored.closedAt,
  };
}

function decodeOrder(
  userId: string,
  { order, state }: StoredOrder,
  track: string | undefined,
  market: Market,
): LiveOrder {
  const { ahead, credit, extreme } = (
    track === undefined ? { ahead: 0, credit: 0, extreme: null } : JSON.parse(track)
  ) as StoredTrack;
  const ticks = (text: string | null): Ticks | null => (text === null ? null : market.ticks(text));
  const lots = (text: string | null): Lots | null => (text === null ? null : market.lots(text));
  return {
    id: order.id,
    clientOrderId: order.clientOrderId,
    userId,
    account: order.account,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    quantity: lots(order.quantity),
    quoteQuantity: order.quoteQuantity,
    price: ticks(order.price),
    stop: ticks(order.stopPrice),
    trailingBps: order.trailingBps,
    expireAtMs: state.expireAtMs,
    listId: order.listId,
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    filledAt: order.filledAt,
    status: order.status,
    stage: state.stage,
    reason: order.reason,
    dueAtMs: state.dueAtMs,
    joinedAtMs: state.joinedAtMs,
    joinedBookMs: state.joinedBookMs,
    filled: market.lots(order.filledQuantity),
    filledValue: parseMoney(state.filledValue),
    fee: parseMoney(order.fee),
    fills: state.fills,
    reserved: parseMoney(state.reserved),
    queue: { ahead, credit },
    aheadShown: lots(order.queueAhead),
    extreme: extreme as Ticks | null,
  };
}
