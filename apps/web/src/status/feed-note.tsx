import type { MarketInfo } from "@mirrorbook/protocol";
import type { BookSnapshot, Readable } from "@mirrorbook/sdk";
import { useConnection, useFeed } from "@mirrorbook/sdk/react";
import { useSyncExternalStore } from "react";

/** Says over the book why it is not to be trusted at the moment. Lies over it, so that nothing moves. */
export function FeedNote(props: { market: MarketInfo; book: Readable<BookSnapshot> }) {
  const { book } = props;
  const { status } = useConnection();
  const feed = useFeed(props.market.symbol);
  const phase = useSyncExternalStore(book.subscribe, () => phaseOf(book.getSnapshot()));
  const text = noteOf(status, feed?.status, phase);
  return text === null ? null : <p className="feed-note">{text}</p>;
}

type Phase = "empty" | "waiting" | "current";

function phaseOf({ book, current }: BookSnapshot): Phase {
  if (book === null) return "empty";
  return current ? "current" : "waiting";
}

function noteOf(connection: string, feed: string | undefined, phase: Phase): string | null {
  if (connection === "connecting") return "Connecting…";
  if (connection === "reconnecting") return "Connection lost. Reconnecting…";
  if (connection === "closed") return "Not connected";
  if (feed === "halted") return "Trading is halted on the exchange";
  if (feed === "stale") return "Feed is stale: matching paused";
  if (feed === "resyncing") return "Feed is catching up: matching paused";
  if (phase === "empty") return "Waiting for the book…";
  return null; // A book that heals is back within a moment.
}
