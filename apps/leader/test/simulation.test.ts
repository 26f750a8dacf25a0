/**
 * The leader's shell, as it is, on a simulated clock, network and Redis: three processes that are killed, paused and cut
 * off while clients trade. Every life follows from its seed. `SIMULATION_SEEDS=2000 npx jest simulation` for a long look.
 */
import { describe, expect, test } from "@jest/globals";
import { simulate } from "./simulation/simulate.ts";

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 30);
const PER_LIFE_MS = 4_000;

test(
  `${SEEDS} seeded lives of a cluster keep P1, P3, P4 and P5`,
  async () => {
    const totals = { terms: 0, faults: 0, fills: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const life = await simulate(seed);
      expect({ seed, violations: life.violations }).toEqual({ seed, violations: [] });
      totals.terms += life.terms;
      totals.faults += life.faults;
      totals.fills += life.fills;
    }
    // Without these the lives would prove nothing.
    expect(totals.terms).toBeGreaterThan(4 * SEEDS);
    expect(totals.faults).toBeGreaterThan(10 * SEEDS);
    expect(totals.fills).toBeGreaterThan(100 * SEEDS);
  },
  SEEDS * PER_LIFE_MS,
);

describe("with a defence switched off the same lives go wrong:", () => {
  test("without the commit token an outcome is built on another's state", async () => {
    const { violations } = await simulate(38, { commitToken: false });
    expect(violations.join()).toContain("P4: user-1 available SIM_USD");
  });

  test("without the fence a deposed leader's size is handed out twice", async () => {
    const { violations } = await simulate(3, { fence: false });
    expect(violations.join()).toContain("P5:");
  });
});

test("the lease is for choosing, not for safety: without its clock nothing goes wrong", async () => {
  for (const seed of [3, 4, 19, 38, 40]) {
    const { violations } = await simulate(seed, { leaseClock: false });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
  }
});
