import {
  type Balance,
  type FieldChange,
  type Order,
  type Position,
  type Posting,
  stateField,
  type Trade,
  type UserCommit,
  type UserEvent,
  type UserEventName,
  type UserEvents,
} from "@mirrorbook/protocol";
import {
  answerText,
  isTracked,
  metaText,
  orderText,
  portfolioText,
  positionText,
  trackText,
} from "./codec.ts";
import { balanceJson } from "./json.ts";
import type { Movement } from "./ledger.ts";
import { moneyText, ZERO } from "./money.ts";
import { type LiveOrder, orderView } from "./order.ts";
import { portfolioView } from "./portfolio.ts";
import { type ExchangeState, marketOf } from "./state.ts";
import {
  type BalanceState,
  balanceView,
  type Portfolio,
  type PositionState,
  positionView,
  type User,
} from "./user.ts";

type Unnumbered<N extends UserEventName> = Omit<UserEvents[N], "seq" | "timestamp">;

/** What one input changes for one user; becomes one commit. Events are numbered as they happen. */
export class UserChanges {
  readonly user: User;
  readonly #state: ExchangeState;
  readonly #at: string;
  readonly #lastSeq: number;
  readonly #events: UserEvent[] = [];
  readonly #closedOrders: Order[] = [];
  readonly #trades: Trade[] = [];
  readonly #postings: Posting[] = [];

  readonly #balances = new Map<BalanceState, string>();
  readonly #portfolios = new Set<Portfolio>();
  readonly #revalued = new Set<Portfolio>();
  readonly #positions = new Map<PositionState, Position>();
  readonly #created = new Set<LiveOrder>();
  readonly #orders = new Set<LiveOrder>();
  readonly #tracks = new Set<LiveOrder>();
  readonly #answers = new Set<string>();
  #metaTouched = false;
  #lastView: { readonly order: LiveOrder; readonly seen: Seen; readonly view: Order } | null = null;

  constructor(state: ExchangeState, user: User, at: string) {
    this.#state = state;
    this.user = user;
    this.#at = at;
    this.#lastSeq = user.seq;
  }

  emit<N extends UserEventName>(name: N, payload: Unnumbered<N>): void {
    const event = [name, { seq: ++this.user.seq, timestamp: this.#at, ...payload }] as const;
    this.#events.push(event as unknown as UserEvent);
  }

  post(movement: Movement, debit: string, credit: string): void {
    this.#postings.push({
      id: `${this.user.version + 1}-${this.#postings.length + 1}`,
      account: movement.portfolio.account,
      asset: movement.asset,
      debit,
      credit,
      amount: movement.text ?? moneyText(movement.amount),
      reason: movement.reason,
      cause: movement.cause,
      at: this.#at,
    });
  }

  trade(trade: Trade): void {
    this.#trades.push(trade);
    this.emit("trade:executed", { trade });
  }

  /** Records a terminal order for the history and drops its fields, which one of this very turn never had. */
  close(order: LiveOrder, view: Order): void {
    this.#closedOrders.push(view);
    if (this.#created.has(order)) {
      this.#orders.delete(order);
      this.#tracks.delete(order);
    } else {
      this.#orders.add(order);
      if (order.joinedAtMs > 0 || order.trailingBps !== null) this.#tracks.add(order);
    }
  }

  /** Records an order that was refused before it existed. */
  rejected(view: Order): void {
    this.#closedOrders.push(view);
  }

  create(order: LiveOrder): void {
    this.#created.add(order);
    this.touchOrder(order);
  }

  touchMeta(): void {
    this.#metaTouched = true;
  }

  touchOrder(order: LiveOrder): void {
    this.#orders.add(order);
    if (isTracked(order)) this.#tracks.add(order);
  }

  touchTrack(order: LiveOrder): void {
    this.#tracks.add(order);
  }

  touchBalance(balance: BalanceState, reason: string): void {
    this.#balances.set(balance, reason);
  }

  /** Stores a position and returns its view, to be told. */
  touchPosition(position: PositionState): Position {
    const view = positionView(position);
    this.#positions.set(position, view);
    return view;
  }

  touchPortfolio(portfolio: Portfolio): void {
    portfolio.ledgerVersion = this.user.version + 1;
    this.#portfolios.add(portfolio);
  }

  /** Marks that the value of a portfolio is to be told anew. */
  revalue(portfolio: Portfolio): void {
    this.touchPortfolio(portfolio);
    this.#revalued.add(portfolio);
  }

  touchAnswer(key: string): void {
    this.#answers.add(key);
  }

  /** Tells balances and portfolios, once each, and returns the commit; `null` when nothing changed. */
  finish(): UserCommit | null {
    const balances = [...this.#balances].map(([balance, reason]) => {
      const view = balanceView(balance);
      this.emit("balance:updated", { ...view, reason });
      return view;
    });
    for (const portfolio of this.#revalued) {
      this.emit("portfolio:updated", portfolioView(this.#state, portfolio));
    }
    const changes = this.#fieldChanges(balances);
    if (changes.length === 0) return null;
    return {
      userId: this.user.id,
      version: this.user.version++,
      lastSeq: this.#lastSeq,
      changes,
      events: this.#events,
      closedOrders: this.#closedOrders,
      trades: this.#trades,
      postings: this.#postings,
    };
  }

  #fieldChanges(balances: readonly Balance[]): FieldChange[] {
    const { user } = this;
    const changes: FieldChange[] = [];
    if (this.#metaTouched || this.#events.length > 0) {
      changes.push([stateField.meta, metaText(user)]);
    }
    for (const portfolio of this.#portfolios) {
      changes.push([stateField.account(portfolio.account), portfolioText(portfolio)]);
    }
    for (const balance of balances) {
      changes.push([stateField.balance(balance.account, balance.asset), balanceJson(balance)]);
    }
    for (const [position, view] of this.#positions) {
      const isKept = position.quantity !== ZERO;
      const field = stateField.position(position.account, position.symbol);
      changes.push([field, isKept ? positionText(position, view) : null]);
    }
    for (const order of this.#orders) {
      const isOpen = user.orders.has(order.id);
      const market = marketOf(this.#state, order.symbol);
      changes.push([
        stateField.order(order.id),
        isOpen ? orderText(order, this.view(order), market) : null,
      ]);
    }
    for (const order of this.#tracks) {
      const isOpen = user.orders.has(order.id) && isTracked(order);
      changes.push([stateField.track(order.id), isOpen ? trackText(order) : null]);
    }
    for (const key of this.#answers) {
      const answer = user.answers.get(key) ?? user.usedKeys.get(key);
      changes.push([stateField.answer(key), answer === undefined ? null : answerText(answer)]);
    }
    return changes;
  }

  /** The view of an order as it is now; the same one as long as nothing of it changes. */
  view(order: LiveOrder): Order {
    const last = this.#lastView;
    if (last !== null && last.order === order && isSame(last.seen, order)) return last.view;
    const view = orderView(order, marketOf(this.#state, order.symbol));
    const { status, filled, quantity, stop, aheadShown, updatedAt } = order;
    const seen = { status, filled, quantity, stop, aheadShown, updatedAt };
    this.#lastView = { order, seen, view };
    return view;
  }
}

/** All that can change in a view; the rest changes with one of these. */
type Seen = Pick<LiveOrder, "status" | "filled" | "quantity" | "stop" | "aheadShown" | "updatedAt">;

function isSame(seen: Seen, order: LiveOrder): boolean {
  return (
    seen.status === order.status &&
    seen.filled === order.filled &&
    seen.quantity === order.quantity &&
    seen.stop === order.stop &&
    seen.aheadShown === order.aheadShown &&
    seen.updatedAt === order.updatedAt
  );
}
