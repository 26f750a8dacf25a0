/** The table of settings, from the schemas that read them and the comments above their fields. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { processSettings } from "@mirrorbook/process";
import { redisSettings } from "@mirrorbook/store";
import { tracingSettings } from "@mirrorbook/tracing";
import { z } from "zod";
import { Settings as audit } from "../../apps/audit/src/config.ts";
import { Settings as cluster } from "../../apps/cluster/src/config.ts";
import { Settings as gateway } from "../../apps/gateway/src/config.ts";
import { Settings as leader } from "../../apps/leader/src/config.ts";
import { Settings as marketSim } from "../../apps/market-sim/src/config.ts";
import { Settings as worker } from "../../apps/worker/src/config.ts";
import { table } from "./markdown.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

interface Section {
  readonly title: string;
  readonly shape: Shape;
  /** Where its fields are declared. */
  readonly source: string;
}

const SHARED: readonly Section[] = [
  { title: "Every process", shape: processSettings, source: "libs/process/src/settings.ts" },
  { title: "Redis", shape: redisSettings, source: "libs/store/src/redis-config.ts" },
  { title: "Tracing", shape: tracingSettings, source: "libs/tracing/src/settings.ts" },
];
const APPS: readonly Section[] = Object.entries({
  gateway,
  leader,
  worker,
  cluster,
  "market-sim": marketSim,
  audit,
}).map(([app, { shape }]) => ({ title: app, shape, source: `apps/${app}/src/config.ts` }));

const HEAD = `# Configuration

Settings are environment variables, read once at start and checked as a whole: a process with a wrong one does not start,
and names it. A variable that is set to nothing counts as not set. Units are in the names.

This page is made from the schemas that read the settings (\`npm run docs\`); a test fails when it is not up to date.
`;

export async function configurationPage(root: string): Promise<string> {
  const parts = [HEAD];
  for (const section of SHARED) parts.push(await sectionText(root, section, section.shape));
  for (const section of APPS) {
    const own = Object.entries(section.shape).filter(([, schema]) => sharedBy(schema) === null);
    const shared = new Set(Object.values(section.shape).map(sharedBy));
    shared.delete(null);
    const text = await sectionText(root, section, Object.fromEntries(own));
    parts.push(shared.size === 0 ? text : `${text}\nAlso: ${linksTo([...shared] as string[])}.\n`);
  }
  return parts.join("\n");
}

/** Names of all settings, whoever reads them. */
export function settingNames(): Set<string> {
  return new Set([...SHARED, ...APPS].flatMap(({ shape }) => Object.keys(shape)));
}

function sharedBy(schema: z.ZodType): string | null {
  return SHARED.find(({ shape }) => Object.values(shape).includes(schema))?.title ?? null;
}

function linksTo(titles: readonly string[]): string {
  return titles
    .map((title) => `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`)
    .join(", ");
}

async function sectionText(root: string, { title, source }: Section, shape: Shape) {
  const comments = commentsIn(await readFile(join(root, source), "utf8"));
  const rows = Object.entries(shape).map(([name, schema]) => {
    const { values, fallback } = describe(schema);
    const comment = comments.get(name);
    if (comment === undefined) throw new Error(`${name} in ${source} needs a comment above it`);
    return [`\`${name}\``, values, fallback, comment];
  });
  const head = ["Setting", "Values", "Default", ""];
  return `## ${title}\n\nIn \`${source}\`.\n\n${table(head, rows)}`;
}

/** The comment above each field, by the field's name. */
function commentsIn(source: string): Map<string, string> {
  const found = source.matchAll(/\/\*\*\s((?:(?!\*\/)[\s\S])*?)\s*\*\/\s+([A-Z][A-Z0-9_]*):/g);
  return new Map(
    [...found].map(([, text, name]) => [name!, text!.replaceAll(/\s*\n\s*\*\s?/g, " ")]),
  );
}

function describe(schema: z.ZodType): { values: string; fallback: string } {
  const values = valuesOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  const { success, data } = schema.safeParse(undefined);
  return { values, fallback: success ? defaultText(data) : "required" };
}

function defaultText(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "string" && value.startsWith(hostname())) return "host name and process id";
  const text =
    typeof value === "string"
      ? value
      : Array.isArray(value)
        ? value.join(",")
        : JSON.stringify(value);
  return text === "" || text === "{}" ? "–" : `\`${text}\``;
}

function valuesOf({
  enum: values,
  anyOf,
  type,
  minimum,
  maximum,
  format,
}: z.core.JSONSchema.JSONSchema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(" ");
  if (anyOf !== undefined)
    return anyOf.map((one) => valuesOf(one as z.core.JSONSchema.JSONSchema)).join(", ");
  if (type === "integer" || type === "number") {
    const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
    if (bounded) return `${minimum} to ${maximum}`;
    return minimum === undefined ? type : `${minimum} or more`;
  }
  return format === "uri" ? "URL" : "text";
}
