import base from "../../jest.config.mjs";

/** The tests that start whole systems and watch them for a minute or more; one at a time, for each wants the machine. */
export default {
  ...base,
  rootDir: "../..",
  testMatch: ["<rootDir>/{apps,libs,infra,bench}/**/test/**/*.cluster.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 180_000,
  maxWorkers: 1,
};
