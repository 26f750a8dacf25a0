import { ApiError } from "@mirrorbook/sdk";
import { useReadable } from "@mirrorbook/sdk/react";
import { type FormEvent, useState } from "react";
import { useModel } from "../model/context.ts";
import { closeDialog, openDialog } from "../model/dialogs.ts";
import { Dialog } from "./dialog.tsx";

/** Signing in and registering: the same two fields, another deed. */
export function SignInDialog({ isNew }: { isNew: boolean }) {
  const model = useModel();
  const { isGuest } = useReadable(model.sessions.state);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const credentials = {
      name: String(fields.get("name")),
      password: String(fields.get("password")),
    };
    setBusy(true);
    setProblem(null);
    try {
      await (isNew ? model.sessions.register(credentials) : model.sessions.signIn(credentials));
      model.notices.add("done", `Signed in as ${credentials.name}`);
      closeDialog();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : "Something went wrong. Try again.");
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title={isNew ? "Register" : "Sign in"}>
      <form onSubmit={(event) => void onSubmit(event)}>
        {isNew && isGuest && (
          <p className="hint">
            You get a portfolio that you find again on any device. It starts anew: what you have as
            a guest is not carried over.
          </p>
        )}
        <label className="field">
          <span className="field-label">Name</span>
          <input
            name="name"
            autoComplete="username"
            required
            minLength={isNew ? 3 : 1}
            maxLength={32}
          />
        </label>
        <label className="field">
          <span className="field-label">Password</span>
          <input
            name="password"
            type="password"
            autoComplete={isNew ? "new-password" : "current-password"}
            required
            minLength={isNew ? 8 : 1}
            maxLength={128}
          />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="dialog-buttons">
          <button
            type="button"
            className="quiet"
            onClick={() => openDialog(isNew ? "sign-in" : "register")}
          >
            {isNew ? "I have an account" : "Register instead"}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {isNew ? "Register" : "Sign in"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
