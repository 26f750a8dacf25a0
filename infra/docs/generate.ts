/** `npm run docs`: writes the pages of docs/ that are made from schemas, registries and manifests. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedPages } from "./pages.ts";

const ROOT = join(import.meta.dirname, "../..");

for (const [path, text] of await generatedPages(ROOT)) {
  await writeFile(join(ROOT, path), text);
  console.log(`wrote ${path}`);
}
process.exit(0); // The library of metrics holds timers.
