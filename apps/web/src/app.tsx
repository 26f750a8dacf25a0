import { useConnection, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
import { AccountMenu } from "./account/account-menu.tsx";
import { Dialogs } from "./account/dialogs.tsx";
import { ChartPanel } from "./chart/chart-panel.tsx";
import { DeskPanel } from "./desk/desk-panel.tsx";
import { Ladder } from "./ladder/ladder.tsx";
import { MarketStrip } from "./market/market-strip.tsx";
import { useMarket, useModel } from "./model/context.ts";
import type { View } from "./model/model.ts";
import { goTo, hashOf, type Route, route as routeStore } from "./model/route.ts";
import { useThemeOnDocument } from "./model/use-theme.ts";
import { RoomsPage } from "./rooms/rooms-page.tsx";
import { NoticeList } from "./status/notices.tsx";
import { StatusStrip } from "./status/status-strip.tsx";
import { Tape } from "./tape/tape.tsx";
import { Ticket } from "./ticket/ticket.tsx";

export function App() {
  const market = useMarket();
  const view = useReadable(useModel().view);
  const route = useReadable(routeStore);
  useThemeOnDocument();
  return (
    <div className="page" data-view={route.name === "trade" ? view : "rooms"}>
      <header className="top-bar">
        <h1 className="brand">
          <img src="/favicon.svg" alt="" width="20" height="20" />
          <span>Mirrorbook</span>
          <small>paper exchange</small>
        </h1>
        <PlaceNav route={route} />
        <MarketStrip />
        <AccountMenu />
      </header>
      {route.name !== "trade" ? (
        <RoomsPage route={route} />
      ) : (
        <main className="board">
          {market === null ? (
            <Waiting />
          ) : (
            <>
              <ChartPanel market={market} />
              <Ladder key={market.symbol} market={market} />
              <Tape key={`tape-${market.symbol}`} market={market} />
              <Ticket market={market} />
              <DeskPanel />
            </>
          )}
        </main>
      )}
      <ViewSwitch current={route.name === "trade" ? view : null} />
      <StatusStrip market={market} />
      <NoticeList />
      <Dialogs />
    </div>
  );
}

/** Before the first list of markets: what we wait for, and what is in the way. */
function Waiting() {
  const { status, failures, lastDrop } = useConnection();
  const { loaded } = useReadable(useMirrorbook().markets);
  const isTrouble = failures > 1 && status !== "live";
  return (
    <div className="waiting">
      <p>
        {loaded
          ? "The exchange has no markets yet. They appear here as soon as the feed is up."
          : isTrouble
            ? `No server answers (${lastDrop?.reason ?? "unreachable"}). Trying again by itself…`
            : "Connecting to the exchange…"}
      </p>
    </div>
  );
}

/** The two places of the page. A narrow screen has them among its parts. */
function PlaceNav({ route }: { route: Route }) {
  const isTrade = route.name === "trade";
  return (
    <nav className="places" aria-label="Places">
      <a href={hashOf({ name: "trade" })} aria-current={isTrade ? "page" : undefined}>
        Trade
      </a>
      <a href={hashOf({ name: "rooms" })} aria-current={isTrade ? undefined : "page"}>
        Rooms
      </a>
    </nav>
  );
}

const VIEWS: readonly { readonly name: View; readonly label: string }[] = [
  { name: "chart", label: "Chart" },
  { name: "book", label: "Book" },
  { name: "trade", label: "Trade" },
  { name: "desk", label: "Desk" },
];

/** A narrow screen shows one part at a time. `current`: null in the rooms. */
function ViewSwitch({ current }: { current: View | null }) {
  const { view } = useModel();
  const choice = (label: string, isCurrent: boolean, choose: () => void) => (
    <button
      key={label}
      type="button"
      aria-current={isCurrent ? "page" : undefined}
      onClick={choose}
    >
      {label}
    </button>
  );
  return (
    <nav className="view-switch" aria-label="Parts of the page">
      {VIEWS.map(({ name, label }) =>
        choice(label, name === current, () => {
          view.set(name);
          goTo({ name: "trade" });
        }),
      )}
      {choice("Rooms", current === null, () => goTo({ name: "rooms" }))}
    </nav>
  );
}
