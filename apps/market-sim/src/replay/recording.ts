import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AppError } from "@mirrorbook/kernel";

/** One recorded message; `payload` is the text that was received, untouched. */
export interface RecordedMessage {
  /** Receive time on the recording machine. */
  readonly timeMs: number;
  readonly symbol: string;
  /** Stream name, or path and query of a REST call. */
  readonly stream: string;
  readonly isRest: boolean;
  readonly payload: string;
}

/** Messages of one or several files, in the order in which they were received. */
export interface Recording {
  readonly messages: readonly RecordedMessage[];
  readonly symbols: readonly string[];
}

/** Bytes of text that a recording may have when unpacked; it is held in memory. */
const RECORDING_MAX_BYTES = 512 * 1_048_576;
const LINE = /^\{"t":(\d+),"kind":"(ws|rest)","stream":"([^"]+)","data":/;
const SYMBOL_OF_REST = /[?&]symbol=([A-Z0-9]+)/;

const unzip = promisify(gunzip);

/**
 * Reads recordings in the format of the market-data folder and merges them by receive time.
 * @throws {AppError} when a line is not of that format, or when the files' spans have no moment in common.
 */
export async function readRecording(files: readonly string[]): Promise<Recording> {
  const sessions: RecordedMessage[][] = [];
  for (const file of files) sessions.push(parseSession(file, await readText(file)));
  const from = Math.max(...sessions.map((session) => session[0]!.timeMs));
  const to = Math.min(...sessions.map((session) => session.at(-1)!.timeMs));
  if (from > to) {
    throw new AppError("BAD_REQUEST", "Recordings to be merged must overlap in time.");
  }
  const messages = sessions.flat();
  // The sort is stable: messages of one millisecond keep the order of their file.
  if (sessions.length > 1) messages.sort((a, b) => a.timeMs - b.timeMs);
  return { messages, symbols: [...new Set(messages.map((message) => message.symbol))] };
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError("NOT_FOUND", `The recording ${file} cannot be read.`, { cause });
  });
  if (!file.endsWith(".gz")) return bytes.toString("utf8");
  return (await unzip(bytes, { maxOutputLength: RECORDING_MAX_BYTES })).toString("utf8");
}

function parseSession(file: string, text: string): RecordedMessage[] {
  const lines = text.split("\n").filter((line) => line !== "");
  const messages = lines.map((line, index) => {
    const message = parseLine(line);
    if (message !== undefined) return message;
    throw new AppError("BAD_REQUEST", `Line ${index + 1} of ${file} is not a recorded message.`);
  });
  if (messages.length > 0) return messages;
  throw new AppError("BAD_REQUEST", `The recording ${file} is empty.`);
}

/** Reads one line without parsing its data, so the payload stays as it was on the wire. */
function parseLine(line: string): RecordedMessage | undefined {
  const head = LINE.exec(line);
  if (head === null || !line.endsWith("}")) return undefined;
  const [text, time, kind, stream] = head as unknown as [string, string, string, string];
  const isRest = kind === "rest";
  const symbol = isRest ? SYMBOL_OF_REST.exec(stream)?.[1] : stream.split("@")[0]?.toUpperCase();
  if (symbol === undefined) return undefined;
  return { timeMs: Number(time), symbol, stream, isRest, payload: line.slice(text.length, -1) };
}
