import { useState } from "react";
import { closeDialog, type Question } from "../model/dialogs.ts";
import { Dialog } from "./dialog.tsx";

export function ConfirmDialog({ title, text, deed, act }: Question) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  async function confirm(): Promise<void> {
    setBusy(true);
    const failure = await act();
    setBusy(false);
    if (failure === null) closeDialog();
    else setProblem(failure);
  }
  return (
    <Dialog title={title}>
      <p>{text}</p>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="dialog-buttons">
        <button type="button" className="quiet" onClick={closeDialog}>
          Leave it
        </button>
        <button
          type="button"
          className="primary danger"
          disabled={busy}
          onClick={() => void confirm()}
        >
          {deed}
        </button>
      </div>
    </Dialog>
  );
}
