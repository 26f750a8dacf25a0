import { Cluster } from "./cluster.ts";
import { type ClusterConfig, readConfig } from "./config.ts";

/** One Ctrl-C may reach us twice: from the terminal and from npm, which passes it on. */
const SAME_SIGNAL_MS = 1_000;

process.stdout.on("error", () => {}); // The terminal may be gone before we are.
const say = (line: string) => console.log(line);

try {
  await run(readConfig(process.env));
} catch (error) {
  say(`\n${(error as Error).message}`);
  process.exit(1);
}

async function run(config: ClusterConfig): Promise<void> {
  const cluster = new Cluster(config, say);
  stopOnSignals(cluster);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function stopOnSignals(cluster: Cluster): void {
  let firstAtMs: number | null = null;
  const onSignal = async () => {
    const nowMs = performance.now();
    if (firstAtMs !== null) {
      if (nowMs - firstAtMs < SAME_SIGNAL_MS) return;
      say("Stopping at once.");
      cluster.kill();
      process.exit(1);
    }
    firstAtMs = nowMs;
    say("\nStopping (once more to stop at once) …");
    await cluster.stop();
    say("Stopped.");
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
}
