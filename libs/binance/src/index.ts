export type { FeedEvent, FeedStatus } from "./types.ts";
