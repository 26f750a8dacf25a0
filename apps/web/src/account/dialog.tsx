import { type ReactNode, useEffect, useId, useRef } from "react";
import { closeDialog } from "../model/dialogs.ts";

/** A modal of the platform: focus stays in it, Escape and a press beside it close it. */
export function Dialog({ title, children }: { title: string; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same.
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={closeDialog}
      onClick={(event) => {
        if (event.target === element.current) closeDialog();
      }}
    >
      <div className="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" className="quiet" aria-label="Close" onClick={closeDialog}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
