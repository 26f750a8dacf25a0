export default {
  testMatch: ["<rootDir>/{apps,libs,infra,bench,examples}/**/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/infra/jest/strip-types.mjs" },
  testEnvironment: "<rootDir>/infra/jest/environment.mjs",
  testTimeout: 30_000,
  modulePathIgnorePatterns: ["<rootDir>/.data", "<rootDir>/infra/load", "/dist/"],
};
