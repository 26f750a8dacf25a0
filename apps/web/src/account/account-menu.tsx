import { useMarkets, useMirrorbook, usePortfolio, useReadable } from "@mirrorbook/sdk/react";
import { useRef } from "react";
import { directionOf, fixed, NONE, signed } from "../lib/format.ts";
import { setDirection, setText, useFrameDraw } from "../lib/frame.ts";
import { useAccount, useModel } from "../model/context.ts";
import { openDialog } from "../model/dialogs.ts";
import { MAIN_ACCOUNT, type Theme } from "../model/model.ts";

const NEXT_THEME: Record<Theme, Theme> = { system: "dark", dark: "light", light: "system" };
const THEME_MARKS: Record<Theme, string> = { system: "◐", dark: "●", light: "○" };

export function AccountMenu() {
  const model = useModel();
  const { session, isGuest, problem } = useReadable(model.sessions.state);
  const theme = useReadable(model.theme);
  return (
    <div className="account">
      <Equity />
      <button
        type="button"
        className="quiet theme-switch"
        aria-label={`Theme: ${theme}. Switch to ${NEXT_THEME[theme]}`}
        title={`Theme: ${theme}`}
        onClick={() => model.theme.set(NEXT_THEME[theme])}
      >
        {THEME_MARKS[theme]}
      </button>
      {isGuest ? (
        <>
          <span className="who" title={problem ?? undefined}>
            {session === null ? (problem === null ? "…" : "Watching only") : "Guest"}
          </span>
          <button type="button" className="quiet sign-in" onClick={() => openDialog("sign-in")}>
            Sign in
          </button>
          <button type="button" className="primary" onClick={() => openDialog("register")}>
            Register
          </button>
        </>
      ) : (
        <>
          <span className="who">{session?.user.name}</span>
          <button type="button" className="quiet" onClick={() => model.sessions.leave()}>
            Sign out
          </button>
        </>
      )}
    </div>
  );
}

/** Worth of everything at the best bid, frame by frame, and what it has gained. */
function Equity() {
  const client = useMirrorbook();
  const account = useAccount();
  const { portfolio } = usePortfolio(account);
  const { markets } = useMarkets();
  const total = useRef<HTMLSpanElement>(null);
  const gain = useRef<HTMLSpanElement>(null);
  useFrameDraw(() => {
    const items = client.balances.getSnapshot().items.filter((item) => item.account === account);
    const worth = items.map((balance) => {
      const market = markets.find(({ base }) => base === balance.asset);
      const bid =
        market === undefined ? 1 : Number(client.ticker(market.symbol).getSnapshot()?.bid);
      return Number(balance.total) === 0 ? 0 : Number(balance.total) * bid;
    });
    const equity = worth.reduce((sum, value) => sum + value, 0);
    const isKnown = items.length > 0 && Number.isFinite(equity);
    setText(total.current, isKnown ? `$${fixed(equity, 2)}` : NONE);
    const percent = portfolio === null ? null : Number(portfolio.returnPercent);
    setText(gain.current, percent === null ? "" : `${signed(percent, 2)}%`);
    setDirection(gain.current, directionOf(percent ?? 0, 2));
  }, [client.balances, client.portfolios, client.ticker(markets[0]?.symbol ?? "BTCUSDT")]);
  return (
    <span className="equity" title="Worth of the portfolio, marked at the best bids">
      <span className="status-name">{account === MAIN_ACCOUNT ? "Equity" : "In the room"}</span>
      <span ref={total} className="number" />
      <span ref={gain} className="number gain" />
    </span>
  );
}
