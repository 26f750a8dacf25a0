/**
 * What does the SDK weigh in a page, beside socket.io-client? Prints bytes, minified, of each door:
 * `node libs/sdk/scripts/bundle-size.ts`. Also names the packages that came along, so that a stray import is seen.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const DOORS = { "@mirrorbook/sdk": "src/index.ts", "@mirrorbook/sdk/react": "src/react/index.ts" };
const BESIDE = ["socket.io-client", "react"];
const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface BundleSize {
  readonly door: string;
  readonly bytes: number;
  readonly gzippedBytes: number;
  readonly packages: readonly string[];
}

export async function measureBundles(): Promise<BundleSize[]> {
  const sizes: BundleSize[] = [];
  for (const [door, entry] of Object.entries(DOORS)) {
    const result = await build({
      configFile: false,
      logLevel: "silent",
      root: ROOT,
      build: {
        write: false,
        target: "es2022",
        lib: { entry, formats: ["es"] },
        rolldownOptions: { external: BESIDE },
      },
    });
    const output = [result].flat().flatMap((built) => ("output" in built ? built.output : []));
    const chunks = output.filter((file) => file.type === "chunk");
    const code = chunks.map((chunk) => chunk.code).join("");
    const files = chunks.flatMap((chunk) => Object.entries(chunk.modules));
    const packages = files
      .filter(([, module]) => module.renderedLength > 0)
      .map(([file]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
      .filter((name) => name !== undefined);
    sizes.push({
      door,
      bytes: Buffer.byteLength(code),
      gzippedBytes: gzipSync(code).byteLength,
      packages: [...new Set(packages)],
    });
  }
  return sizes;
}

if (import.meta.main) console.log(JSON.stringify(await measureBundles(), null, 2));
