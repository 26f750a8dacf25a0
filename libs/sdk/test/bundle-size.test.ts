import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import type { BundleSize } from "../scripts/bundle-size.ts";

const GZIPPED_BYTES_MAX = 25_000;
const SCRIPT = fileURLToPath(new URL("../scripts/bundle-size.ts", import.meta.url));

test("the SDK stays small beside socket.io-client, and brings no schemas or decimals along", async () => {
  // In a process of its own: the bundler is native code that does not go with Jest's module registry.
  const environment = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT], { env: environment });
  const sizes = JSON.parse(stdout) as BundleSize[];
  expect(sizes.map(({ packages }) => packages)).toEqual([[], []]);
  for (const { gzippedBytes } of sizes) expect(gzippedBytes).toBeLessThan(GZIPPED_BYTES_MAX);
});
