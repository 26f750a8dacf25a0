import { expect, test } from "@jest/globals";
import { z } from "zod";
import { processSettings, readSettings } from "../src/index.ts";

const Settings = z.object({ ...processSettings, SECRET: z.string().min(8).optional() });

test("a variable that is set to nothing counts as not set", () => {
  const settings = readSettings(Settings, { LOG_LEVEL: "", NODE_ID: "a-1" });
  expect(settings).toEqual({ LOG_LEVEL: "info", NODE_ID: "a-1" });
  expect(Object.isFrozen(settings)).toBe(true);
});

test("every wrong variable is named, and no value is told", () => {
  const wrong = () => readSettings(Settings, { LOG_LEVEL: "loud", NODE_ID: "a b", SECRET: "hush" });
  expect(wrong).toThrow(/LOG_LEVEL[\s\S]*NODE_ID[\s\S]*SECRET/);
  expect(wrong).not.toThrow(/hush|a b|loud/);
});
