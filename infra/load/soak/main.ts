/**
 * `npm run soak -- [--minutes 30] [--listeners 200] [--traders 20] [--json]`
 *
 * A constant load on a cluster of real processes, looked at all the while: does anything grow that should not? Memory of
 * every process, delay of the gateways' event loops, time to acknowledge and to deliver must stay level; Redis may grow
 * by what orders write down, and streams up to their bounds. Exit code 1 when something grew past its named bound.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { REPOSITORY, watchEvidence } from "@mirrorbook/testkit";
import { Listeners } from "../listeners/listeners.ts";
import { pidsOf, SYMBOLS, startSystem } from "../system.ts";
import { judge, type Sample, soakText } from "./judge.ts";
import { eventLoopP99Ms, redisUsedMb, residentMb, streamLengths } from "./sample.ts";
import { Traders } from "./traders.ts";

/** Enough points for a line, and few enough that looking costs nothing. */
const SAMPLES = 120;
const SAMPLE_EVERY_MS_MIN = 1_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    listeners: { type: "string", default: "200" },
    traders: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});
const number = (name: "minutes" | "listeners" | "traders") => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} takes a number greater than zero, not ${values[name]}`);
};
const [minutes, listenerCount, traderCount] = [
  number("minutes"),
  number("listeners"),
  number("traders"),
];

const folder = join(REPOSITORY, ".data/soak");
await mkdir(folder, { recursive: true });
const processLines: string[] = [];
watchEvidence((source, line) => processLines.push(`${source} | ${line}`));

const samples = await soak();
const verdict = judge(samples);
console.log(soakText(verdict));
await writeFile(
  join(folder, "samples.jsonl"),
  samples.map((one) => `${JSON.stringify(one)}\n`),
);
await writeFile(join(folder, "processes.log"), processLines.join("\n"));
if (values.json) console.log(JSON.stringify({ minutes, ...verdict }));
process.exit(verdict.holds ? 0 : 1);

async function soak(): Promise<Sample[]> {
  await using owned = new AsyncDisposableStack();
  const cluster = owned.use(await startSystem());
  const urls = cluster.gateways.map(({ url }) => url);
  const redis = cluster.redis.client();
  const listeners = owned.use(
    await Listeners.start({ urls, symbols: SYMBOLS, clients: listenerCount }),
  );
  const traders = owned.use(await Traders.start(urls, SYMBOLS[0]!, traderCount));
  const pids = pidsOf(cluster);
  console.error(`${listenerCount} listeners and ${traderCount} traders are in`);

  const taken: Sample[] = [];
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + minutes * 60_000;
  const everyMs = Math.max(SAMPLE_EVERY_MS_MIN, (minutes * 60_000) / SAMPLES);
  while (performance.now() < endsAtMs) {
    await listeners.begin();
    await sleep(everyMs);
    taken.push({
      atMs: Math.round(performance.now() - startedAtMs),
      rssMb: residentMb(pids),
      eventLoopP99Ms: await Promise.all(urls.map(eventLoopP99Ms)),
      redisMb: await redisUsedMb(redis),
      streams: await streamLengths(redis, SYMBOLS, traders.userIds),
      commands: traders.counts,
      acknowledgedMs: traders.takeTimes(),
      listeners: await listeners.figures(),
    });
  }
  return taken;
}
