export type { UserCommit } from "@mirrorbook/protocol";
export { auditUser, type Difference, JournalSums } from "./audit.ts";
export { Exchange } from "./exchange.ts";
export { GLOBAL_SCOPE, HeldLiquidity } from "./held.ts";
export { type Money, moneyText, ONE, parseMoney, valueAt } from "./money.ts";
export type {
  ExchangeOptions,
  HeldChange,
  Input,
  Outcome,
  StoredUser,
  TapeEntry,
} from "./types.ts";
export { CASH_ASSET, MAIN_ACCOUNT, MAIN_SETTINGS } from "./user.ts";
export { type Fill, type Liquidity, type Walk, walkQuantity } from "./walk.ts";
