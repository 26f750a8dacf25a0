import { useState } from "react";

const SAID_FOR_MS = 2_000;

/** Puts a text on the clipboard. Where a page may not (no https), there is no button: the text can be marked by hand. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isDone, setDone] = useState(false);
  if (navigator.clipboard === undefined) return null;
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), SAID_FOR_MS);
  }
  return (
    <button
      type="button"
      className="quiet"
      aria-label={`Copy the ${what}`}
      onClick={() => void copy()}
    >
      {isDone ? "Copied ✓" : "Copy"}
    </button>
  );
}
