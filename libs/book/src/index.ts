export type {
  BookLevel,
  DepthEvent,
  DepthSnapshot,
  MarketRules,
  MarketSpec,
  MarketTrade,
} from "./types.ts";
