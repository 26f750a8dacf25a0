import { createStore } from "@mirrorbook/sdk";
import { useMirrorbook, useOrders, usePortfolio, useReadable } from "@mirrorbook/sdk/react";
import { openDialog } from "../model/dialogs.ts";
import { Balances } from "./balances.tsx";
import { Fills, OrderHistory } from "./history.tsx";
import { OpenOrders } from "./open-orders.tsx";
import { Positions } from "./positions.tsx";
import { type Tab, Tabs } from "./tabs.tsx";

type DeskTab = "orders" | "positions" | "balances" | "fills" | "history";

const shown = createStore<DeskTab>("orders");

/** Everything of one's own: orders, positions, money, past. */
export function DeskPanel() {
  const current = useReadable(shown);
  const { open } = useOrders();
  const { positions } = usePortfolio();
  const isKnown = useReadable(useMirrorbook().balances).loaded;
  const tabs: Tab<DeskTab>[] = [
    { name: "orders", label: "Open orders", count: open.length },
    { name: "positions", label: "Positions", count: positions.length },
    { name: "balances", label: "Balances" },
    { name: "fills", label: "Fills" },
    { name: "history", label: "History" },
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
            {current === "balances" && isKnown && (
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
          </span>
        }
      >
        {current === "orders" && <OpenOrders />}
        {current === "positions" && <Positions />}
        {current === "balances" && <Balances />}
        {current === "fills" && <Fills />}
        {current === "history" && <OrderHistory />}
      </Tabs>
    </section>
  );
}
