import { createStore } from "@mirrorbook/sdk";
import { useMirrorbook, useOrders, useReadable } from "@mirrorbook/sdk/react";
import { useAccount, useAccountRoom } from "../model/context.ts";
import { openDialog } from "../model/dialogs.ts";
import { AccountSwitch } from "../rooms/account-switch.tsx";
import { Leaderboard } from "../rooms/leaderboard.tsx";
import { Balances } from "./balances.tsx";
import { Fills, OrderHistory } from "./history.tsx";
import { OpenOrders } from "./open-orders.tsx";
import { Positions } from "./positions.tsx";
import { type Tab, Tabs } from "./tabs.tsx";

type DeskTab = "orders" | "positions" | "balances" | "fills" | "history" | "ranking";

const shown = createStore<DeskTab>("orders");

/** Everything of one's own: orders, positions, money, past. */
export function DeskPanel() {
  const account = useAccount();
  const room = useAccountRoom()?.room ?? null;
  const chosen = useReadable(shown);
  const current = chosen === "ranking" && room === null ? "orders" : chosen;
  const { open } = useOrders(undefined, account);
  const client = useMirrorbook();
  // A mark changes what positions are worth, not how many there are: no reason to render.
  const positions = useReadable(
    client.positions,
    ({ items }) => items.filter((position) => position.account === account).length,
  );
  const isKnown = useReadable(client.balances, ({ loaded }) => loaded);
  const tabs: Tab<DeskTab>[] = [
    { name: "orders", label: "Open orders", count: open.length },
    { name: "positions", label: "Positions", count: positions },
    { name: "balances", label: "Balances" },
    { name: "fills", label: "Fills" },
    { name: "history", label: "History" },
    ...(room === null ? [] : [{ name: "ranking", label: "Ranking" } as const]),
  ];
  return (
    <section className="panel desk" aria-label="Your desk">
      <Tabs
        label="Your desk"
        tabs={tabs}
        current={current}
        onChoose={(name) => shown.set(name)}
        aside={
          <span className="desk-actions">
            {current === "balances" && isKnown && room === null && (
              <>
                <button type="button" className="quiet" onClick={() => openDialog("deposit")}>
                  Deposit
                </button>
                <button type="button" className="quiet" onClick={() => openDialog("withdraw")}>
                  Withdraw
                </button>
                <button type="button" className="quiet" onClick={() => openDialog("reset")}>
                  Reset
                </button>
              </>
            )}
            {current === "orders" && open.length > 0 && (
              <button
                type="button"
                className="quiet danger"
                aria-keyshortcuts="Shift+Escape"
                onClick={() => openDialog("cancel-all")}
              >
                Cancel all
              </button>
            )}
            <AccountSwitch />
          </span>
        }
      >
        {current === "orders" && <OpenOrders />}
        {current === "positions" && <Positions />}
        {current === "balances" && <Balances />}
        {current === "fills" && <Fills />}
        {current === "history" && <OrderHistory />}
        {current === "ranking" && room !== null && <Leaderboard key={room.id} room={room} />}
      </Tabs>
    </section>
  );
}
