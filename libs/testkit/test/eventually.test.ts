import { expect, test } from "@jest/globals";
import { eventually, within } from "@mirrorbook/testkit";

test("eventually returns the first result that does not throw", async () => {
  let tries = 0;
  const result = await eventually(() => {
    tries += 1;
    if (tries < 3) throw new Error("not yet");
    return tries;
  });
  expect(result).toBe(3);
});

test("eventually gives up with the last failure and says how long it waited", async () => {
  const never = eventually(() => expect(1).toBe(2), { withinMs: 60 });
  await expect(never).rejects.toThrow(/^Not within 60 ms: .*toBe/s);
});

test("a check that never answers does not hang the test", async () => {
  const hanging = eventually(() => new Promise(() => {}), { withinMs: 60 });
  await expect(hanging).rejects.toThrow("the condition answers");
});

test("within passes the value through, and names what did not happen", async () => {
  expect(await within(1_000, "it comes", Promise.resolve("value"))).toBe("value");
  await expect(within(10, "the bus comes", new Promise(() => {}))).rejects.toThrow(
    "Not within 10 ms: the bus comes",
  );
});
