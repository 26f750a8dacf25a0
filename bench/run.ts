/**
 * Runs one bench: `node bench/run.ts <name> [--json]`. Each `bench/<name>.ts` answers one question and exports
 * `run(): Promise<object>`. People get its text; with `--json` the last line is the result as one JSON object.
 */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length));

const [name, ...flags] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- <name> [--json]\nBenches: ${names.join(", ")}`);
  process.exit(2);
}

const { run } = (await import(`./${name}.ts`)) as { run: () => Promise<object> };
const result = await run();
console.log(flags.includes("--json") ? JSON.stringify(result) : result);
