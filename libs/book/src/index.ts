export { applyDepth, applySnapshot, type DepthOutcome, type LevelListener } from "./apply-depth.ts";
export { Book, type BookUnits } from "./book.ts";
export { type BookView, bookView, diffViews, type ViewChanges } from "./book-view.ts";
export { digest20 } from "./digest.ts";
export type { Ladder } from "./ladder.ts";
export { formatTrimmed, LevelFormat } from "./level-text.ts";
export type {
  BookLevel,
  BookSide,
  DepthEvent,
  DepthSnapshot,
  MarketRules,
  MarketSpec,
  MarketTrade,
} from "./types.ts";
