/**
 * Behind every npm script: `run.mjs <name of the script> [arguments]`; a wrong name prints them all.
 *
 * Runs on the Node that happens to be there (20 or newer) and on nothing else: it makes the machine ready, saying what
 * it does and how long it took, then hands over to the pinned Node with the same arguments, signals and exit code.
 * The scripts say `exec node …` because the shell between npm and us would not pass signals on.
 */
import { existsSync } from "node:fs";
import { ensureChromium } from "./chromium.mjs";
import { ensureArtillery, ensureDependencies } from "./dependencies.mjs";
import { runPinnedNode } from "./launch.mjs";
import { ensureNginx } from "./nginx.mjs";
import { ensurePage } from "./page.mjs";
import { ensurePrometheus } from "./prometheus.mjs";
import { ensureRedis } from "./redis.mjs";
import { SetUpError } from "./steps.mjs";

const JEST_FLAGS = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];

/** @type {Record<string, (given: string[]) => Promise<number>>} */
const TASKS = {
  async start(given) {
    await ensureDependencies();
    await ensureRedis();
    await ensurePage();
    return runPinnedNode(["apps/cluster/src/main.ts", ...given], { stopWithUs: true });
  },
  async test(given) {
    await ensureDependencies();
    await ensureRedis();
    await ensurePage();
    await ensureChromium();
    await ensurePrometheus();
    return runPinnedNode([...JEST_FLAGS, "node_modules/jest/bin/jest.js", ...given]);
  },
  async "test:cluster"(given) {
    await ensureDependencies();
    await ensureRedis();
    await ensureNginx();
    await ensureArtillery();
    const config = ["--config", "infra/jest/cluster.config.mjs"];
    return runPinnedNode([...JEST_FLAGS, "node_modules/jest/bin/jest.js", ...config, ...given]);
  },
  async check() {
    await ensureDependencies();
    const types = await runPinnedNode(["node_modules/typescript/bin/tsc", "-p", "."]);
    const style = await runPinnedNode(["node_modules/@biomejs/biome/bin/biome", "ci", "."]);
    return types === 0 ? style : types;
  },
  async audit(given) {
    await ensureDependencies();
    await ensureRedis();
    return runPinnedNode(["apps/audit/src/main.ts", ...given]);
  },
  async chaos(given) {
    await ensureDependencies();
    await ensureRedis();
    return runPinnedNode(["infra/chaos/main.ts", ...given], { stopWithUs: true });
  },
  async bots(given) {
    await ensureDependencies();
    return runPinnedNode(["apps/bots/src/main.ts", ...given], { stopWithUs: true });
  },
  async docs() {
    await ensureDependencies();
    return runPinnedNode(["infra/docs/generate.ts"]);
  },
  async bench(given) {
    await ensureDependencies();
    await ensureRedis();
    return runPinnedNode(["bench/run.ts", ...given]);
  },
  async load(given) {
    await ensureDependencies();
    await ensureRedis();
    await ensureArtillery();
    return runPinnedNode(["infra/load/main.ts", ...given], { stopWithUs: true });
  },
  async soak(given) {
    await ensureDependencies();
    await ensureRedis();
    return runPinnedNode(["infra/load/soak/main.ts", ...given], { stopWithUs: true });
  },
};

const [name = "", ...given] = process.argv.slice(2);
const task = TASKS[name];
if (task === undefined || !existsSync("package-lock.json")) {
  console.error(`Run it by npm, in the repository: npm run ${Object.keys(TASKS).join(" | ")}`);
  process.exit(2);
}
try {
  process.exitCode = await task(given);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
