/**
 * `npm run load -- [--profile full|ci] [--url http://one,http://other] [--listeners N] [--json]`
 *
 * Artillery's mix of visitors, traders and clients that come back (artillery.yml), beside a mass of listeners, against a
 * cluster that is started for it, or the gateways of `--url`. Exit code 1 when a threshold is broken. Those gateways must
 * allow so many connections and guests from one address, and share our clock: deliveries are timed from their timestamp.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY, watchEvidence } from "@mirrorbook/testkit";
import { runArtillery } from "./artillery.ts";
import { Listeners } from "./listeners/listeners.ts";
import { isProfileName, PROFILES, type Profile, type ProfileName } from "./profiles.ts";
import { checksOf, type Run, reportText, summarize } from "./report.ts";
import { type Pids, pidsOf, SYMBOLS, startSystem, watchCores } from "./system.ts";

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "full" },
    url: { type: "string" },
    listeners: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const profileName = profileOf(values.profile);
const profile: Profile = {
  ...PROFILES[profileName],
  ...(values.listeners === undefined ? {} : { listeners: wholeNumber(values.listeners) }),
};
const folder = join(REPOSITORY, ".data/load");
const processLines: string[] = [];
watchEvidence((source, line) => processLines.push(`${source} | ${line}`));

const run = await load();
console.log(reportText(run));
await writeFile(join(folder, "processes.log"), `${processLines.join("\n")}\n`);
if (values.json) console.log(JSON.stringify(summarize(run)));
process.exit(checksOf(run).every(({ holds }) => holds) ? 0 : 1);

async function load(): Promise<Run> {
  await mkdir(folder, { recursive: true });
  await using owned = new AsyncDisposableStack();
  const cluster = values.url === undefined ? owned.use(await startSystem()) : null;
  const urls = cluster?.gateways.map(({ url }) => url) ?? values.url!.split(",");
  console.error(`${profile.listeners} listeners join ${urls.join(" and ")}`);
  const listeners = owned.use(
    await Listeners.start({ urls, symbols: SYMBOLS, clients: profile.listeners }),
  );

  console.error("Artillery's users join");
  const pids: Pids = { ...(cluster === null ? {} : pidsOf(cluster)), listeners: listeners.pids };
  const measure = async (artillery: number) => {
    await listeners.begin();
    const coresInUse = watchCores({ ...pids, artillery: [artillery] });
    return async () => ({ cores: coresInUse(), crowd: await listeners.figures() });
  };
  const environment = profileName;
  const { artillery, figures } = await runArtillery({ environment, urls, folder, measure });
  return { profileName, profile, artillery, ...figures };
}

function profileOf(name: string): ProfileName {
  if (isProfileName(name)) return name;
  throw new Error(`--profile is one of ${Object.keys(PROFILES).join(", ")}, not ${name}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--listeners takes a whole number above zero, not ${text}`);
}
