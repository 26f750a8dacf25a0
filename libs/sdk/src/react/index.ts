/** React bindings: each hook re-renders its component only when the value it returns changes. */
import type { BookDepth, Order, UserEventName, UserEvents } from "@mirrorbook/protocol";
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from "react";
import type { MirrorbookClient, Readable } from "../index.ts";

const ClientContext = createContext<MirrorbookClient | null>(null);

/** Gives a client to the hooks below it. The caller owns the client and closes it. */
export function MirrorbookProvider(props: { client: MirrorbookClient; children?: ReactNode }) {
  return createElement(ClientContext.Provider, { value: props.client }, props.children);
}

export function useMirrorbook(): MirrorbookClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("useMirrorbook needs a MirrorbookProvider above it");
  return client;
}

/**
 * The current value of any store of the client, or what `select` takes of it: the component renders again only when that
 * has changed. `select` must give the same text, number or reference for the same value.
 */
export function useReadable<T>(readable: Readable<T>): T;
export function useReadable<T, S>(readable: Readable<T>, select: (value: T) => S): S;
export function useReadable<T>(
  readable: Readable<T>,
  select: (value: T) => unknown = (value) => value,
): unknown {
  const selected = () => select(readable.getSnapshot());
  return useSyncExternalStore(readable.subscribe, selected, selected);
}

export function useConnection() {
  return useReadable(useMirrorbook().connection);
}

export function useMarkets() {
  return useReadable(useMirrorbook().markets);
}

/** A verified view of the book, subscribed to while the component is mounted. */
export function useBook(pair: string, depth: BookDepth = 20) {
  return useReadable(useMirrorbook().book(pair, depth));
}

export function useTicker(pair: string) {
  return useReadable(useMirrorbook().ticker(pair));
}

export function useTape(pair: string) {
  return useReadable(useMirrorbook().tape(pair));
}

export function useFeed(pair: string) {
  return useReadable(useMirrorbook().feed(pair));
}

export interface OrdersView {
  readonly open: readonly Order[];
  readonly history: readonly Order[];
  readonly loaded: boolean;
}

/** The user's open and ended orders, of one market when `pair` (id or symbol) is given, of one account when it is. */
export function useOrders(pair?: string, account?: string): OrdersView {
  const { orders, orderHistory } = useMirrorbook();
  const open = useReadable(orders);
  const history = useReadable(orderHistory);
  return useMemo(() => {
    const wanted = (order: Order) =>
      (pair === undefined || order.pair === pair || order.symbol === pair) &&
      (account === undefined || order.account === account);
    return {
      open: open.items.filter(wanted),
      history: history.items.filter(wanted),
      loaded: open.loaded,
    };
  }, [open, history, pair, account]);
}

/** Balances, positions and equity of one account. */
export function usePortfolio(account = "main") {
  const client = useMirrorbook();
  const balances = useReadable(client.balances);
  const positions = useReadable(client.positions);
  const portfolios = useReadable(client.portfolios);
  return useMemo(() => {
    const own = (item: { account: string }) => item.account === account;
    return {
      balances: balances.items.filter(own),
      positions: positions.items.filter(own),
      portfolio: portfolios.items.find(own) ?? null,
      loaded: balances.loaded,
    };
  }, [balances, positions, portfolios, account]);
}

/** A trade room: what it is, its leading rows and the user's own place. */
export function useRoom(roomId: string) {
  const client = useMirrorbook();
  return useReadable(useMemo(() => client.room(roomId), [client, roomId]));
}

/** The leading rows of a trade room, best first, and the user's own row and place in it. */
export function useLeaderboard(roomId: string) {
  const { rows, place, own, loaded } = useRoom(roomId);
  return useMemo(() => ({ rows, place, own, loaded }), [rows, place, own, loaded]);
}

export type TradingHandlers = { readonly [N in UserEventName]?: (payload: UserEvents[N]) => void };

/**
 * Calls the handler named like the event for every event of the user, once and in order:
 * `useTradingEvents({ "order:filled": ({ order }) => updateOrder(order) })`. The latest handlers are used.
 */
export function useTradingEvents(handlers: TradingHandlers): void {
  const client = useMirrorbook();
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(
    () =>
      client.onUserEvent(([name, payload]) => {
        const handle = latest.current[name] as ((payload: unknown) => void) | undefined;
        handle?.(payload);
      }),
    [client],
  );
}
