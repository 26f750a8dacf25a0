export type { Line, LineHandlers, OpenLine, RestApi, RestResult } from "./binance-library.ts";
export { type Feed, type FeedDeps, type FeedStats, startFeed } from "./feed.ts";
export { parseExchangeInfo } from "./market-spec.ts";
export { DEFAULT_OPTIONS, type FeedOptions } from "./options.ts";
export type { FeedEvent, FeedStatus } from "./types.ts";
