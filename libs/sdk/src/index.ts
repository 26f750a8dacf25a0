/** Client of Mirrorbook for browsers and Node. React bindings are behind `@mirrorbook/sdk/react`. */
export type { ClientBook } from "./book-assembly.ts";
export type { BookSnapshot } from "./book-stream.ts";
export { type ConnectOptions, connect, MirrorbookClient } from "./client.ts";
export type { ConnectionState, ConnectionStatus } from "./connection-state.ts";
export type { FeedStatus, MarketList, Ticker } from "./market-feed.ts";
export type { HeldLiquidity, TapeTrade } from "./market-state.ts";
export { type CommandOptions, makeId } from "./order-desk.ts";
export { ApiError, requestJson } from "./rest.ts";
export type {
  BoardPage,
  EquityCurve,
  Membership,
  RoomAnswer,
  RoomDesk,
  RoomList,
  RoomResult,
  RoomStep,
} from "./room-desk.ts";
export type { RoomRefusal, RoomSnapshot } from "./room-feed.ts";
export { type Credentials, register, type Session, signIn, signInAsGuest } from "./session.ts";
export { createStore, type Readable, type Store } from "./store.ts";
export type { PositionStorage } from "./user-feed.ts";
export { isTerminal, type Part, type UserState } from "./user-state.ts";
