import { crc32 as zlibCrc32 } from "node:zlib";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { crc32, DECIMAL_TEXT, decimalsOf, formatUnits, parseUnits } from "../src/index.ts";

test.each([
  ["61685.99000000", 2, 6168599],
  ["244.56630400", 5, 24456630],
  ["0.00000637", 8, 637],
  ["5", 2, 500],
  ["0", 0, 0],
])("parseUnits(%s, %i) is %i", (text, decimals, units) => {
  expect(parseUnits(text, decimals)).toBe(units);
});

test.each(["", "1e5", "-1", "1.2.3", "abc", "99999999999999999999"])(
  "parseUnits refuses %j",
  (text) => {
    expect(() => parseUnits(text, 2)).toThrow("Broken invariant");
  },
);

test("property: formatting and parsing units are inverse", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 8 }), (units, decimals) => {
      const text = formatUnits(units, decimals);
      expect(text).toMatch(DECIMAL_TEXT);
      expect(parseUnits(text, decimals)).toBe(units);
    }),
  );
});

test("decimalsOf ignores trailing zeros", () => {
  expect(["0.01000000", "1.00", "7", "0.00000001"].map(decimalsOf)).toEqual([2, 0, 0, 8]);
});

test("property: crc32 agrees with zlib", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      expect(crc32(text)).toBe(zlibCrc32(text));
    }),
  );
});
