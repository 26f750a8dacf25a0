/** Reads docker-compose.yml as Compose does: anchors merged, `${…}` filled from an environment. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "@mirrorbook/testkit";
import { parse } from "yaml";
import { z } from "zod";

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), Scalar).default({}),
  healthcheck: z
    .object({ test: z.array(z.string()).optional() })
    .loose()
    .optional(),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  networks: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]),
  volumes: z.array(z.string()).default([]),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
});
export type ComposeService = z.output<typeof Service>;
export type ComposeFile = z.output<typeof Compose>;

/** What a stranger would write into `.env`. */
export const FILLED = {
  REDIS_PASSWORD: "0f5b6a8c9d1e2f3a4b5c6d7e8f901234",
  JWT_SECRET: "9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b",
  GRAFANA_PASSWORD: "3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f",
};

/** @throws {Error} with Compose's words when a variable that must be set is not. */
export async function readCompose(
  environment: Readonly<Record<string, string>> = FILLED,
): Promise<ComposeFile> {
  const text = await readFile(join(REPOSITORY, "docker-compose.yml"), "utf8");
  return Compose.parse(interpolated(parse(text, { merge: true }), environment));
}

/** The services that run our image, with the role of each. */
export function processesOf({ services }: ComposeFile) {
  return Object.entries(services)
    .filter(([, { image }]) => image.startsWith("mirrorbook:"))
    .map(([name, service]) => ({ name, service, role: service.environment.ROLE ?? "" }));
}

/** Lines `NAME=value` of an environment file. */
export async function readEnvironmentFile(path: string): Promise<Record<string, string>> {
  const text = await readFile(join(REPOSITORY, path), "utf8");
  const lines = text.split("\n").filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

function interpolated(value: unknown, environment: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return filled(value, environment);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, environment));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolated(item, environment)]),
  );
}

/** `$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function filled(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g,
    (whole, name: string | undefined, sign?: string, word = "") => {
      if (name === undefined) return "$";
      const value = environment[name] ?? "";
      if (value !== "") return value;
      if (sign === "?") throw new Error(`required variable ${name} is missing a value: ${word}`);
      if (sign === "-") return word;
      throw new Error(`${whole} has no default`);
    },
  );
}
