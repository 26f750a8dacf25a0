export type {
  ExchangeOptions,
  HeldChange,
  Input,
  Outcome,
  StoredUser,
  TapeEntry,
  UserCommit,
} from "./types.ts";
