import { useMarkets, useMirrorbook, usePortfolio } from "@mirrorbook/sdk/react";
import { type FormEvent, useState } from "react";
import { assetName, trimmed } from "../lib/format.ts";
import { useModel } from "../model/context.ts";
import { closeDialog } from "../model/dialogs.ts";
import { Dialog } from "./dialog.tsx";

/** Adds or takes virtual money. */
export function FundsDialog({ kind }: { kind: "deposit" | "withdraw" }) {
  const client = useMirrorbook();
  const { notices } = useModel();
  const { markets } = useMarkets();
  const { balances } = usePortfolio();
  const assets = [...new Set(markets.flatMap((market) => [market.quote, market.base]))];
  const [asset, setAsset] = useState(assets[0] ?? "SIM_USD");
  const [amount, setAmount] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const available = balances.find((balance) => balance.asset === asset)?.available ?? "0";

  async function onSubmit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const transfer = { asset, amount: amount.replaceAll(",", "") };
    const answer = await (kind === "deposit"
      ? client.deposit(transfer)
      : client.withdraw(transfer));
    if (!answer.ok) return setProblem(answer.error.message);
    const verb = kind === "deposit" ? "Deposited" : "Withdrew";
    notices.add("done", `${verb} ${trimmed(transfer.amount, 8)} ${assetName(asset)}`);
    closeDialog();
  }

  return (
    <Dialog title={kind === "deposit" ? "Deposit" : "Withdraw"}>
      <form onSubmit={(event) => void onSubmit(event)}>
        <p className="hint">Virtual money: it buys nothing outside this exchange.</p>
        <label className="field">
          <span className="field-label">Asset</span>
          <select value={asset} onChange={(event) => setAsset(event.target.value)}>
            {assets.map((name) => (
              <option key={name} value={name}>
                {assetName(name)}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">
            Amount <span>{trimmed(available, 8)} available</span>
          </span>
          <input
            inputMode="decimal"
            autoComplete="off"
            required
            value={amount}
            onChange={(event) => setAmount(event.target.value)}
          />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="dialog-buttons">
          <button type="button" className="quiet" onClick={closeDialog}>
            Leave it
          </button>
          <button type="submit" className="primary">
            {kind === "deposit" ? "Deposit" : "Withdraw"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
