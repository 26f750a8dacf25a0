import { createStore } from "@mirrorbook/sdk";

export type DialogName =
  | "sign-in"
  | "register"
  | "deposit"
  | "withdraw"
  | "reset"
  | "cancel-all"
  | "keys";

/** Asks before a deed. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly deed: string;
  /** Resolves with what went wrong, or null. */
  act(): Promise<string | null>;
}

/** The one dialog that is open. */
export const dialog = createStore<DialogName | Question | null>(null);

export const openDialog = (name: DialogName): void => dialog.set(name);
export const ask = (question: Question): void => dialog.set(question);
export const closeDialog = (): void => dialog.set(null);
