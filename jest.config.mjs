export default {
  testMatch: ["<rootDir>/{apps,libs,infra,bench,examples}/**/test/**/*.test.ts"],
  // Those that take a minute or more: `npm run test:cluster`, infra/jest/cluster.config.mjs.
  testPathIgnorePatterns: ["/node_modules/", "\\.cluster\\.test\\.ts$"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/infra/jest/strip-types.mjs" },
  testEnvironment: "<rootDir>/infra/jest/environment.mjs",
  testTimeout: 30_000,
  // Many suites wait for processes, so two at a time use two cores well; CI takes its time for a verdict without luck.
  maxWorkers: process.env.CI ? 1 : 2,
  modulePathIgnorePatterns: ["<rootDir>/.data", "<rootDir>/infra/load/node_modules", "/dist/"],
};
