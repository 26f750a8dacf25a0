/**
 * The leader of `bench/latency.ts`: the real one, with a note of when each depth event came out of the feed, that is after
 * the frame was parsed and put in order, before anything is done with it. Twice a second the notes go into the file `STAMPS_FILE`: a line per event, its final update
 * id and the wall clock in ms with fractions.
 */
import { appendFile } from "node:fs/promises";
import { startFeed } from "@mirrorbook/binance";
import { startLeader } from "@mirrorbook/leader";
import pino from "pino";
import { readConfig } from "../../apps/leader/src/config.ts";

const WRITE_EVERY_MS = 500;
const file = process.env.STAMPS_FILE!;
const config = readConfig(process.env);
let stamps = "";

await startLeader({
  config,
  log: pino({ level: "warn" }, pino.destination(2)),
  onFatal: (error) => {
    throw error;
  },
  startFeed: (onEvent) =>
    startFeed(
      {
        symbols: config.SYMBOLS,
        httpBase: config.BINANCE_REST_URL,
        wsBase: config.BINANCE_WS_URL,
      },
      (event) => {
        if (event.kind === "depth") {
          stamps += `${event.event.finalUpdateId} ${performance.timeOrigin + performance.now()}\n`;
        }
        onEvent(event);
      },
    ),
});
setInterval(() => {
  const written = stamps;
  stamps = "";
  void appendFile(file, written);
}, WRITE_EVERY_MS);
