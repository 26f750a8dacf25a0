import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "@mirrorbook/testkit";
import { firstDifference } from "../setup/dependencies.mjs";
import { hashOf } from "../setup/page.mjs";
import { majorVersion } from "../setup/redis.mjs";
import { summarize } from "../setup/summary.mjs";
import { findCommand } from "../setup/system-packages.mjs";

const clean = {
  numPassedTests: 10,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

test.each([
  ["all is well", true, 0, clean, "11 passed, 0 failed", 0],
  [
    "skips are told",
    true,
    0,
    { ...clean, numPendingTests: 2 },
    "11 passed, 0 failed, 2 skipped",
    0,
  ],
  ["the check failed", false, 0, clean, "10 passed, 1 failed", 1],
  ["a test failed", true, 1, { ...clean, numFailedTests: 1 }, "11 passed, 1 failed", 1],
  [
    "a suite did not run",
    true,
    1,
    { ...clean, numRuntimeErrorTestSuites: 1 },
    "11 passed, 1 failed",
    1,
  ],
  ["Jest failed for no test's sake", true, 1, clean, "11 passed, 1 failed", 1],
  ["there are no results", true, 0, null, "1 passed, 1 failed", 1],
])("the last line of CI when %s", (_, check, testsExitCode, results, line, exitCode) => {
  expect(summarize(check, [{ exitCode: testsExitCode, results }])).toEqual({ line, exitCode });
});

test("the last line of CI adds up both runs of tests", () => {
  const runs = [
    { exitCode: 0, results: { ...clean, numPendingTests: 2 } },
    { exitCode: 1, results: { ...clean, numPassedTests: 3, numFailedTests: 1 } },
  ];
  expect(summarize(true, runs)).toEqual({
    line: "14 passed, 1 failed, 2 skipped",
    exitCode: 1,
  });
  expect(summarize(true, [runs[0]!, { exitCode: 124, results: null }])).toEqual({
    line: "11 passed, 1 failed, 2 skipped",
    exitCode: 1,
  });
});

const LINKED = { "node_modules/@mirrorbook/kernel": { link: true } };

test.each([
  ["same version", { ...LINKED, "node_modules/a": { version: "1.0.0" } }, null],
  ["another version", { ...LINKED, "node_modules/a": { version: "1.0.1" } }, "a"],
  ["not installed", LINKED, "a"],
  ["a new workspace", { "node_modules/a": { version: "1.0.0" } }, "@mirrorbook/kernel"],
])("dependencies are installed again when a package is: %s", (_, installed, expected) => {
  const wanted = {
    "": { version: "0.1.0" },
    "libs/kernel": { version: "0.1.0" },
    ...LINKED,
    "node_modules/other-platform": { version: "2.0.0", optional: true },
    "node_modules/a": { version: "1.0.0" },
  };
  expect(firstDifference(wanted, installed)).toBe(expected);
});

test("a nested package is compared at its own place", () => {
  const wanted = { "node_modules/a/node_modules/@scope/b": { version: "2.0.0" } };
  expect(firstDifference(wanted, { "node_modules/@scope/b": { version: "2.0.0" } })).toBe(
    "@scope/b",
  );
});

test.each([
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", 7],
  ["Redis server v=10.2.0 sha=0", 10],
  ["command not found", null],
])("the Redis version is read from %p", (text, expected) => {
  expect(majorVersion(text)).toBe(expected);
});

test("the page's hash follows names and contents, not what was built from them", async () => {
  await using folder = await temporaryFolder();
  const source = join(folder.path, "page.tsx");
  await writeFile(source, "one");
  const before = await hashOf([folder.path]);

  await mkdir(join(folder.path, "dist"));
  await writeFile(join(folder.path, "dist", "page.js"), "built");
  expect(await hashOf([folder.path])).toBe(before);

  await writeFile(source, "two");
  expect(await hashOf([folder.path])).not.toBe(before);
  await writeFile(source, "one");
  expect(await hashOf([folder.path])).toBe(before);
  await writeFile(join(folder.path, "more.ts"), "");
  expect(await hashOf([folder.path])).not.toBe(before);
});

test("a command is found where the PATH says, if it can be run", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "tool"), "", { mode: 0o755 });
  await writeFile(join(folder.path, "text"), "", { mode: 0o644 });
  expect(findCommand("tool", `/nowhere:${folder.path}`)).toBe(join(folder.path, "tool"));
  expect(findCommand("text", folder.path)).toBeNull();
});
