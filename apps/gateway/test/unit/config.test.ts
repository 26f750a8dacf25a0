import { expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";

const RANDOM = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

test.each([
  ["nothing at all", {}],
  ["a secret that is too short", { JWT_SECRET: "short" }],
  ["an empty secret", { JWT_SECRET: "" }],
  [
    "a secret and outside keys at once",
    { JWT_SECRET: RANDOM, JWKS_URL: "https://id.example/keys" },
  ],
])("does not start with %s, in development either", (_what, environment) => {
  expect(() => readConfig(environment)).toThrow(/JWT_SECRET/);
});

test.each([
  ["a text copied from a document", "your-secret-here-your-secret-here-your"],
  ["a default", "changemechangemechangemechangeme1234567"],
  ["repetition", "abababababababababababababababababababab"],
])("in production a secret may not be %s", (_what, secret) => {
  expect(readConfig({ JWT_SECRET: secret, NODE_ENV: "development" }).JWT_SECRET).toBe(secret);
  expect(() => readConfig({ JWT_SECRET: secret, NODE_ENV: "production" })).toThrow(/JWT_SECRET/);
});

test("a random secret, or outside keys, are fine in production", () => {
  expect(readConfig({ JWT_SECRET: RANDOM, NODE_ENV: "production" })).toMatchObject({ PORT: 3000 });
  const outside = readConfig({ JWKS_URL: "https://id.example/keys", NODE_ENV: "production" });
  expect(outside.JWT_SECRET).toBeUndefined();
});

test("errors name every variable and never tell its value", () => {
  const wrong = { JWT_SECRET: RANDOM, PORT: "many", ADMIN_PASSWORD: "hunter2" };
  const message = messageOf(() => readConfig(wrong));
  expect(message).toMatch(/PORT/);
  expect(message).toMatch(/ADMIN_PASSWORD/);
  const weak = messageOf(() => readConfig({ JWT_SECRET: "tell-nobody" }));
  expect(message + weak).not.toMatch(/tell-nobody|hunter2|many/);
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
