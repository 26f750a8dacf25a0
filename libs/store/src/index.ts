export { AnswerText, publishAnswers, type Reply } from "./answer-channel.ts";
export {
  ANSWER_TIMEOUT_MS,
  type AnswerTo,
  COMMANDS_WAITING_MAX,
  CommandDesk,
  type CommandDeskOptions,
} from "./command-desk.ts";
export {
  appendCommand,
  COMMAND_BATCH_MAX,
  FIRST_CURSOR,
  nextCommands,
  notePoisoned,
  readCursor,
  readPoisoned,
  saveCursor,
  serverTimeMs,
} from "./command-stream.ts";
export {
  PublishedSlots,
  type SlotCount,
  type SlotsTaken,
  type WantedSlot,
} from "./connection-slots.ts";
export {
  type Credentials,
  createCredentials,
  isRevoked,
  type Revocation,
  readCredentials,
  revocationIn,
  revokeSessions,
} from "./credentials.ts";
export {
  type FencedChanges,
  type FencedRead,
  type FencedWrite,
  readAndRaise,
  writeFenced,
} from "./fenced-hash.ts";
export {
  HEARTBEAT_INTERVAL_MS,
  HEARTBEAT_MISSED_AFTER_MS,
  type Heartbeat,
  HeartbeatProbe,
  type ProbeOptions,
  publishHeartbeat,
} from "./heartbeat.ts";
export { JOB_OPTIONS, JOB_QUEUE, JOBS } from "./job-queue.ts";
export { type JournalPage, journalPages } from "./journal.ts";
export { keys, type MarketStream } from "./keys.ts";
export {
  type BoardState,
  type BoardTick,
  publishBoard,
  readBoardState,
  readRoomHead,
  readStats,
  readUserFields,
  type SnapshotToTake,
  takeSnapshot,
  type Written,
  writeFinal,
} from "./leaderboard.ts";
export {
  LEASE_TTL_MS,
  Lease,
  type LeaseHolder,
  type LeaseOptions,
  readLeaseHolder,
} from "./lease.ts";
export * from "./limits.ts";
export {
  bookSeq,
  marketSeq,
  type PublishResult,
  publishBook,
  publishMarketEvents,
  writeMarkets,
} from "./market-publisher.ts";
export {
  type BookUpdatesRead,
  lastEvent,
  readBookUpdates,
  readBookView,
  readMarkets,
  readTape,
} from "./read-market.ts";
export {
  allRoomIds,
  boardPlace,
  boardSeq,
  changesCursor,
  listRooms,
  ranksOf,
  readBoard,
  readChanges,
  readCurve,
  readFinal,
  readRoom,
  readRoomCore,
  readRoomEvents,
  readRoomFor,
  readSeat,
  readSnapshots,
  rowsOf,
  type SnapshotSummary,
} from "./read-room.ts";
export { readUserAt, type UserAt, userIds } from "./read-system.ts";
export {
  type EventsRead,
  findOrder,
  type HistoryItems,
  isHistoryCursor,
  lastSeqs,
  type Page,
  readEvents,
  readHistory,
  readUserState,
  USER_EVENTS_RETENTION,
} from "./read-user.ts";
export {
  COMMAND_TIMEOUT_MS,
  type ConnectOptions,
  closeRedis,
  connectRedis,
  type RedisClient,
  type RedisRole,
  redisReady,
} from "./redis.ts";
export {
  type RedisConfig,
  type RedisNode,
  type RedisSettings,
  redisConfig,
  redisSettings,
} from "./redis-config.ts";
export {
  forgetRoom,
  forgetUser,
  type RoomSighting,
  roomIdsBefore,
  type Sighting,
  sightRoom,
  sightUser,
  type UserSighting,
} from "./retention.ts";
export {
  listenToRoom,
  publishToRoom,
  type RoomEvent,
  type RoomListener,
} from "./room-events.ts";
export { type RoomPacket, RoomPackets, type RoomTemplate } from "./room-packets.ts";
export {
  announceChanges,
  type ClaimedRoom,
  indexRooms,
  type PortfolioChange,
  type RoomClaimResult,
  type RoomOutcomeToWrite,
  RoomWriter,
} from "./room-writer.ts";
export { readStatement, writeStatement } from "./statements.ts";
export {
  type ClaimedUser,
  type ClaimResult,
  type CommitResult,
  type UserOutcome,
  UserWriter,
} from "./user-writer.ts";
