/** The list of production dependencies: which, why, under which licence; and all that they bring along. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { table } from "./markdown.ts";

/** Why each package that a package.json of ours names is worth its keep. */
const WHY: Readonly<Record<string, string>> = {
  "@bull-board/api": "The page of the queue for administrators: jobs, failures, retries.",
  "@bull-board/express": "Serves that page.",
  "@opentelemetry/api": "Spans and contexts in the words that every tracing backend knows.",
  "@opentelemetry/core": "Reads the W3C `traceparent`.",
  "@opentelemetry/exporter-trace-otlp-http":
    "Sends traces to a collector. Loaded only when asked for.",
  "@opentelemetry/resources": "Names the process in traces. Loaded only when asked for.",
  "@opentelemetry/sdk-trace": "Sampling and batching of spans. Loaded only when asked for.",
  "@socket.io/redis-adapter":
    "Rooms over all nodes by Redis' sharded pub/sub; the leader publishes in its format.",
  "@vitejs/plugin-react": "Builds the page's JSX; not part of any running process.",
  "binance-api-node": "Binance's REST and WebSocket interfaces.",
  bullmq: "Scheduled work of trade rooms: delayed and repeated jobs that survive a worker.",
  "decimal.js": "Exact decimal arithmetic of amounts, fees and P&L.",
  express: "Routing of the REST interface.",
  helmet: "Security headers, the content security policy among them.",
  ioredis: "The client of Redis: cluster, Sentinel, sharded pub/sub, pipelines, scripts.",
  jose: "Signs and verifies JSON Web Tokens; keys of outside providers.",
  "lightweight-charts": "Candles and the depth curve on the page.",
  pino: "Structured logs, with tokens redacted.",
  "prom-client": "Metrics in Prometheus' format.",
  "rate-limiter-flexible": "Rate limits over all nodes, atomic in Redis.",
  react: "The page.",
  "react-dom": "The page.",
  "socket.io": "The delivery to browsers: WebSocket and long-polling, rooms, acknowledgements.",
  "socket.io-client": "The other side of it, in the SDK.",
  vite: "Builds the page; not part of any running process.",
  ws: "Plain WebSocket clients; also what Socket.IO sits on.",
  zod: "Checks what comes in: messages, requests, settings; and describes them.",
};

/** Licences that may be shipped without asking anybody. */
export const LICENCES_ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MPL-2.0",
]);
/** Packages whose manifest says it in a form that the lock does not carry over. */
const LICENCES_READ: Readonly<Record<string, string>> = { "xmlhttprequest-ssl": "MIT" };

const HEAD = `# Production dependencies

This page is made from the manifests and the lock (\`npm run docs\`); a test fails when it is not up to date, when a
dependency has no reason here, or when a licence is not on the list of those allowed (\`infra/docs/dependencies.ts\`).
`;
const REST = `## Vulnerabilities

\`npm audit --omit=dev\` asks the registry, which not every mirror answers: the one this was built with says 405. \`.npmrc\`
switches the audit of every install off for that reason and for speed; whoever deploys asks by name. \`npm ls --omit=dev\`
is clean: nothing is missing, invalid or extraneous.
`;

export interface LockedPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

export async function dependenciesPage(root: string): Promise<string> {
  const users = await declaredDependencies(root);
  const locked = await productionPackages(root);
  const rows = [...users].sort().map(([name, usedBy]) => {
    // A workspace has a copy of its own where another version lies at the top.
    const places = [`${usedBy[0]}/node_modules/${name}`, `node_modules/${name}`];
    const { version, licence } = locked.find(({ path }) => places.includes(path))!;
    return [`\`${name}\``, version, licence, usedBy.join(", "), WHY[name] ?? ""];
  });
  const named = table(["Package", "Version", "Licence", "Used by", "Why"], rows);
  return [HEAD, named, `## All that comes along\n`, byLicence(locked), REST].join("\n");
}

/** Packages without a reason, and reasons without a package. */
export async function unexplained(root: string): Promise<string[]> {
  const declared = new Set((await declaredDependencies(root)).keys());
  return [...declared.symmetricDifference(new Set(Object.keys(WHY)))];
}

/** Every package that a process of ours may load, or that builds the page; builds for other platforms included. */
export async function productionPackages(root: string): Promise<LockedPackage[]> {
  const { packages } = await readJson<Lock>(join(root, "package-lock.json"));
  return Object.entries(packages)
    .filter(([path, { link, dev }]) => path.includes("node_modules/") && !link && !dev)
    .map(([path, { version = "", license }]) => {
      const name = path.replace(/^.*node_modules\//, "");
      return { path, name, version, licence: license ?? LICENCES_READ[name] ?? "unknown" };
    })
    .sort((left, right) => left.name.localeCompare(right.name, "en"));
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly license?: string;
        readonly link?: boolean;
        readonly dev?: boolean;
      }
    >
  >;
}

/** Only tests import it. */
const TEST_ONLY = "libs/testkit";

/** Names of others' packages in `dependencies`, with the workspaces that name them. */
async function declaredDependencies(root: string): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  for (const folder of ["", ...(await workspaces(root))]) {
    const manifest = await readJson<{ dependencies?: object }>(join(root, folder, "package.json"));
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (folder === TEST_ONLY || name.startsWith("@mirrorbook/")) continue;
      users.set(name, [...(users.get(name) ?? []), folder]);
    }
  }
  return users;
}

async function workspaces(root: string): Promise<string[]> {
  const found = await Promise.all(
    ["apps", "libs"].map(async (kind) =>
      (await readdir(join(root, kind))).map((name) => `${kind}/${name}`),
    ),
  );
  return found.flat().sort();
}

function byLicence(packages: readonly LockedPackage[]): string {
  const groups = Map.groupBy(packages, ({ licence }) => licence);
  return [...groups]
    .sort(([left], [right]) => left.localeCompare(right, "en"))
    .map(([licence, members]) => {
      const names = new Set(members.map(({ name, version }) => `${name} ${version}`));
      return `- **${licence}** (${names.size}): ${[...names].join(", ")}\n`;
    })
    .join("");
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8"));
}
