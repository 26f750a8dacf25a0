/** The stream of all commands: one total order, from every gateway and worker to the one leader. */
import type { StreamCommand, StreamCommandBody } from "@mirrorbook/protocol";
import { keys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { fieldsOf, type StreamEntry } from "./stream-entries.ts";

/** Appends a command; its id in the stream becomes the command's id. A repeat is harmless: `key` tells it apart. */
export async function appendCommand(
  redis: RedisClient,
  command: Omit<StreamCommand, "id">,
): Promise<string> {
  const { userId, key, replyTo, requestId, body, sentAtMs, traceparent } = command;
  const fields = ["u", userId, "k", key, "t", replyTo, "r", String(requestId)];
  if (sentAtMs !== undefined) fields.push("s", String(sentAtMs));
  if (traceparent !== undefined) fields.push("c", traceparent);
  const id = await redis.xadd(keys.commands, "*", ...fields, "b", JSON.stringify(body));
  return id!;
}

/** Commands the leader takes in one read: its batch. */
export const COMMAND_BATCH_MAX = 256;
/** Start of the stream. */
export const FIRST_CURSOR = "0-0";

/**
 * Waits for commands after `cursor`, at most `blockMs`, and gives up to `COMMAND_BATCH_MAX` of them; none in time: [].
 *
 * @param redis a `blocking` connection of its own.
 */
export async function nextCommands(
  redis: RedisClient,
  cursor: string,
  blockMs: number,
): Promise<StreamCommand[]> {
  const reply = await redis.xread(
    "COUNT",
    COMMAND_BATCH_MAX,
    "BLOCK",
    blockMs,
    "STREAMS",
    keys.commands,
    cursor,
  );
  const entries = (reply?.[0]?.[1] ?? []) as StreamEntry[];
  return entries.map(parseCommand);
}

function parseCommand(entry: StreamEntry): StreamCommand {
  const fields = fieldsOf(entry);
  return {
    id: entry[0],
    userId: fields.u!,
    key: fields.k!,
    replyTo: fields.t!,
    requestId: Number(fields.r),
    body: JSON.parse(fields.b!) as StreamCommandBody,
    ...(fields.s === undefined ? {} : { sentAtMs: Number(fields.s) }),
    ...(fields.c === undefined ? {} : { traceparent: fields.c }),
  };
}

/** The last command known to be applied. Older than the truth is harmless: commands are recognised by id and key. */
export async function readCursor(redis: RedisClient): Promise<string> {
  return (await redis.get(keys.commandsCursor)) ?? FIRST_CURSOR;
}

/** Saves the cursor and trims what lies behind it. */
export async function saveCursor(redis: RedisClient, cursor: string): Promise<void> {
  // Trimmed after the cursor is saved, never before: what is gone must be known to be applied.
  await redis.set(keys.commandsCursor, cursor);
  await redis.xtrim(keys.commands, "MINID", "~", cursor);
}

/**
 * Notes a command that broke an invariant when it was applied. The leader that met it ends, as after every bug; without
 * this note the next one would read the command again and end too, and so on.
 */
export async function notePoisoned(redis: RedisClient, id: string, reason: string): Promise<void> {
  await redis.hset(keys.commandsPoisoned, id, reason);
}

/** Ids of the commands to set aside. An operator removes them once the bug is mended. */
export async function readPoisoned(redis: RedisClient): Promise<ReadonlySet<string>> {
  return new Set(await redis.hkeys(keys.commandsPoisoned));
}

/** Redis' wall clock in ms, which command ids are made by. */
export async function serverTimeMs(redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
