import { useMirrorbook, useOrders, useReadable } from "@mirrorbook/sdk/react";
import { useAccount } from "../model/context.ts";
import { dialog } from "../model/dialogs.ts";
import { SHORTCUTS } from "../model/shortcuts.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Dialog } from "./dialog.tsx";
import { FundsDialog } from "./funds-dialog.tsx";
import { SignInDialog } from "./sign-in-dialog.tsx";

/** The dialog that is open, if any. */
export function Dialogs() {
  const name = useReadable(dialog);
  if (typeof name === "object" && name !== null) return <ConfirmDialog {...name} />;
  switch (name) {
    case "sign-in":
    case "register":
      return <SignInDialog key={name} isNew={name === "register"} />;
    case "deposit":
    case "withdraw":
      return <FundsDialog kind={name} />;
    case "cancel-all":
      return <CancelAll />;
    case "reset":
      return <Reset />;
    case "keys":
      return <Keys />;
    default:
      return null;
  }
}

function CancelAll() {
  const client = useMirrorbook();
  const account = useAccount();
  const { open } = useOrders(undefined, account);
  return (
    <ConfirmDialog
      title="Cancel all orders"
      text={`${open.length} open order${open.length === 1 ? "" : "s"} of this portfolio, in all markets, will be cancelled.`}
      deed="Cancel all"
      act={async () => {
        const answer = await client.cancelAll({ account });
        return answer.ok ? null : answer.error.message;
      }}
    />
  );
}

function Reset() {
  const client = useMirrorbook();
  return (
    <ConfirmDialog
      title="Start the portfolio anew"
      text="All open orders are cancelled, positions are given up and the starting balance is back. The history stays."
      deed="Start anew"
      act={async () => {
        const answer = await client.resetAccount();
        if (answer.ok) void client.reload();
        return answer.ok ? null : answer.error.message;
      }}
    />
  );
}

function Keys() {
  return (
    <Dialog title="Keys">
      <dl className="keys">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
