import { existsSync } from "node:fs";
import { optionalStep } from "./steps.mjs";
import { findCommand, unpackPackage } from "./system-packages.mjs";

const FOLDER = ".data/setup/prometheus";

/**
 * Where a program of Prometheus is: on the PATH, or where we unpacked it.
 *
 * @param {"prometheus" | "promtool"} name
 * @returns {string | null}
 */
export function findPrometheus(name) {
  const unpacked = `${FOLDER}/usr/bin/${name}`;
  return findCommand(name) ?? (existsSync(unpacked) ? unpacked : null);
}

/**
 * Brings Prometheus for the tests of alerts and dashboards; without it those say so and are skipped. Unpacked, not
 * installed: Debian's package starts a server of its own.
 */
export async function ensurePrometheus() {
  if (findPrometheus("promtool") !== null) return;
  await optionalStep(
    "Unpacking Prometheus for the tests of alerts",
    "No Prometheus and no way to get it: tests of alerts skip.",
    () => unpackPackage("prometheus", FOLDER),
  );
}
