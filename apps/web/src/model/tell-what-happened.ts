/** Turns events of the user and of the connection into notices. */
import type { Order, UserEvent } from "@mirrorbook/protocol";
import type { ConnectionState, MirrorbookClient } from "@mirrorbook/sdk";
import { assetName, fixed, marketName, trimmed, words } from "../lib/format.ts";
import type { Notices } from "./notices.ts";

/** An interruption shorter than this is not worth a word, unless it led to another gateway. */
const NOTICED_AFTER_MS = 300;

/** Name of an account that has to be said: of a room's; null for the main portfolio. */
type AccountName = (account: string) => string | null;

export function tellWhatHappened(
  client: MirrorbookClient,
  notices: Notices,
  nameOf: AccountName,
): () => void {
  const decimals = priceDecimals(client);
  const stops = [
    client.onUserEvent((event) => tellEvent(event, { notices, decimals, nameOf })),
    client.on("resync", () =>
      notices.add("connection", "Reloaded", "You were away for longer than events are kept."),
    ),
    watchConnection(client, notices),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

const priceDecimals = (client: MirrorbookClient) => (symbol: string) =>
  client.markets.getSnapshot().markets.find((m) => m.symbol === symbol)?.priceDecimals ?? 2;

interface Telling {
  readonly notices: Notices;
  readonly decimals: (symbol: string) => number;
  readonly nameOf: AccountName;
}

function tellEvent([name, payload]: UserEvent, { notices, decimals, nameOf }: Telling): void {
  if (name === "order:filled") {
    const { title, text } = filled(payload.order, decimals(payload.order.symbol));
    const room = nameOf(payload.order.account);
    notices.add("fill", title, room === null ? text : `${text}, in ${room}`);
  }
  if (name === "order:rejected" || name === "order:expired") {
    const { order, reason } = payload;
    const what = name === "order:rejected" ? "refused" : "expired";
    const done =
      Number(order.filledQuantity) > 0 ? `, ${trimmed(order.filledQuantity, 8)} filled` : "";
    const why = reason ?? order.reason ?? "no reason given";
    notices.add("refusal", `${described(order)} ${what}${done}`, words(why.toLowerCase()));
  }
}

function filled(order: Order, decimals: number) {
  const verb = order.side === "buy" ? "Bought" : "Sold";
  const [base] = marketName(order.pair).split("/");
  return {
    title: `${verb} ${trimmed(order.filledQuantity, 8)} ${base}`,
    text: `average ${fixed(order.averagePrice, decimals)}, fee ${trimmed(order.fee, 8)} ${assetName(order.feeAsset ?? "")}`,
  };
}

export function described(order: Order): string {
  const verb = order.side === "buy" ? "Buy" : "Sell";
  const [base, quote] = marketName(order.pair).split("/");
  const amount =
    order.quantity === null
      ? `${trimmed(order.quoteQuantity, 8)} ${quote} of ${base}`
      : `${trimmed(order.quantity, 8)} ${base}`;
  return `${verb} ${amount}`;
}

function watchConnection(client: MirrorbookClient, notices: Notices): () => void {
  let { reconnects, node } = client.connection.getSnapshot();
  return client.connection.subscribe(() => {
    const now = client.connection.getSnapshot();
    if (now.reconnects > reconnects) tellReturn(now, node, notices);
    reconnects = now.reconnects;
    node = now.node ?? node;
  });
}

function tellReturn(
  { node, lastDrop }: ConnectionState,
  nodeBefore: string | null,
  notices: Notices,
): void {
  if (lastDrop === null) return;
  const tookMs = Date.now() - lastDrop.atMs;
  if (tookMs < NOTICED_AFTER_MS && node === nodeBefore) return;
  notices.add(
    "connection",
    `Connected again, to ${node}`,
    `after ${fixed(tookMs / 1000, 1)} s (${lastDrop.reason}). What happened meanwhile was delivered.`,
  );
}
