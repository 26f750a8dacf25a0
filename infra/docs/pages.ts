import { configurationPage } from "./configuration.ts";
import { dependenciesPage } from "./dependencies.ts";
import { metricsPage } from "./metrics.ts";

/** Pages of docs/ that are made, not written: path to text. */
export async function generatedPages(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["docs/configuration.md", await configurationPage(root)],
    ["docs/metrics.md", metricsPage()],
    ["docs/dependencies.md", await dependenciesPage(root)],
  ]);
}
