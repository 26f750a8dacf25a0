export { applyRoomCommand, type RoomInput, type RoomOutcome } from "./apply-command.ts";
export { type RoomEffect, settingsOf } from "./effects.ts";
export {
  addEquity,
  decodeStats,
  type EquityStats,
  encodeStats,
  NO_STATS,
  ratiosOf,
  SAMPLES_MIN,
} from "./equity-stats.ts";
export { type FinalRanking, type FinalRow, finalHash, finalRanking } from "./final-ranking.ts";
export {
  type Contender,
  type RankChange,
  type Ranked,
  rankChanges,
  rankContenders,
  rowOf,
} from "./ranking.ts";
export { decodeRoom, gateOf, type Room, type RoomCommit } from "./room.ts";
export { TRANSITIONS, type Transition, transition } from "./transitions.ts";
export {
  equityOf,
  type Holdings,
  holdingFields,
  holdingsOf,
  type Marks,
  parseMarks,
} from "./valuation.ts";
