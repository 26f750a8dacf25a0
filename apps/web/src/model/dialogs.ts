import { createStore } from "@mirrorbook/sdk";

export type DialogName =
  | "sign-in"
  | "register"
  | "deposit"
  | "withdraw"
  | "reset"
  | "cancel-all"
  | "keys";

/** The one dialog that is open. */
export const dialog = createStore<DialogName | null>(null);

export const openDialog = (name: DialogName): void => dialog.set(name);
export const closeDialog = (): void => dialog.set(null);
