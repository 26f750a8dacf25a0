/**
 * The image, built by its Dockerfile's own steps in a folder, and run as docker-compose.yml runs it: same entry, same
 * environment, same health checks, with Redis under the shipped configuration. Only addresses differ, since all is on loopback.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Child, eventually, freePort, REPOSITORY, temporaryFolder } from "@mirrorbook/testkit";
import { firstDifference } from "../setup/dependencies.mjs";
import { FILLED, processesOf, readCompose, readEnvironmentFile } from "./support/compose.ts";
import { type RehearsedImage, rehearse } from "./support/rehearsal.ts";

const BUILD_WITHIN_MS = 400_000;
const HEALTHY_WITHIN_MS = 60_000;

const owned = new AsyncDisposableStack();
let image: RehearsedImage;

beforeAll(async () => {
  const folder = owned.use(await temporaryFolder());
  image = await rehearse("infra/Dockerfile", REPOSITORY, folder.path);
}, BUILD_WITHIN_MS);
afterAll(() => owned.disposeAsync());

describe("what is in the image", () => {
  test("packages are the locked ones, and none is for development only", async () => {
    const lock = await packagesOf(REPOSITORY, "package-lock.json");
    const installed = await packagesOf(image.folder, "node_modules/.package-lock.json");
    const wanted = Object.fromEntries(
      Object.keys(installed).map((path) => [path, lock[path] ?? {}]),
    );
    expect(firstDifference(wanted, installed)).toBeNull();
    const forDevelopment = Object.keys(installed).filter((path) => lock[path]?.dev === true);
    expect(forDevelopment).toEqual([]);
    for (const name of ["vite", "react", "playwright-core", "socket.io-client", "jest"]) {
      expect(Object.keys(installed)).not.toContain(`node_modules/${name}`);
    }
  });

  test("sources are the processes' own: no tests, no page sources, no secrets", async () => {
    const entries = await readdir(image.folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const ours = files
      .map((file) => relative(image.folder, join(file.parentPath, file.name)))
      .filter((file) => !file.startsWith("node_modules/"));
    expect(ours.filter((file) => /(?:^|\/)test\/|\.test\.ts$|\.env/.test(file))).toEqual([]);
    expect((await readdir(join(image.folder, "apps"))).sort()).toEqual(
      ["audit", "gateway", "leader", "market-sim", "worker"].sort(),
    );
    expect(ours).toContain("page/index.html");
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

test(
  "all processes of docker-compose.yml become healthy by their own checks, serve the page and stop in time",
  async () => {
    await using running = await startAll();
    await Promise.all(
      running.processes.map((process) =>
        eventually(() => isHealthy(process), { withinMs: HEALTHY_WITHIN_MS, everyMs: 500 }),
      ),
    );
    for (const { url } of running.processes.filter(({ role }) => role === "gateway")) {
      const page = await fetch(url);
      expect(page.headers.get("content-type")).toContain("text/html");
    }
    await audit(running.redisUrl);
    for (const { child } of running.processes.reverse()) {
      expect(await child.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    }
  },
  HEALTHY_WITHIN_MS * 3,
);

interface RunningProcess {
  readonly role: string;
  readonly url: string;
  readonly child: Child;
  readonly environment: Readonly<Record<string, string>>;
}

async function startAll() {
  const stack = new AsyncDisposableStack();
  const simulated = await readEnvironmentFile("infra/simulated.env");
  const compose = await readCompose({ ...FILLED, ...simulated });
  const redisUrl = await startShippedRedis(stack);
  const simPort = await freePort();
  const processes: RunningProcess[] = [];
  for (const { name, role, service } of processesOf(compose)) {
    if (role === "audit") continue;
    const port = role === "market-sim" ? simPort : await freePort();
    const environment = {
      ...image.environment,
      ...onLoopback(service.environment, redisUrl, simPort),
      ...(await addressesOf(role, port)),
    };
    const [command = "", ...given] = image.entrypoint;
    const options = { name, command, arguments: given, cwd: image.folder };
    const child = stack.use(new Child({ ...options, env: withPath(environment) }));
    processes.push({ role, url: `http://127.0.0.1:${port}/`, child, environment });
  }
  const dispose = () => stack.disposeAsync();
  return { processes, redisUrl, [Symbol.asyncDispose]: dispose };
}

/** A Redis under infra/redis/redis.conf, but for its folders and port. */
async function startShippedRedis(stack: AsyncDisposableStack): Promise<string> {
  const folder = stack.use(await temporaryFolder());
  const port = await freePort();
  const shipped = await readFile(join(REPOSITORY, "infra/redis/redis.conf"), "utf8");
  const configuration = shipped
    .replace("/run/redis/secret.conf", join(folder.path, "secret.conf"))
    .replace("dir /data", `dir ${folder.path}`);
  await writeFile(join(folder.path, "redis.conf"), configuration);
  await writeFile(join(folder.path, "secret.conf"), `requirepass ${FILLED.REDIS_PASSWORD}\n`);
  const given = [join(folder.path, "redis.conf"), "--port", String(port), "--bind", "127.0.0.1"];
  const child = stack.use(new Child({ name: "redis", command: "redis-server", arguments: given }));
  await child.line((line) => line.includes("Ready to accept connections"), 10_000);
  return `redis://127.0.0.1:${port}`;
}

/** Names of other containers become addresses on loopback. */
function onLoopback(environment: Record<string, string>, redisUrl: string, simPort: number) {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value
        .replace("redis://redis:6379", redisUrl)
        .replace("market-sim:4010", `127.0.0.1:${simPort}`),
    ]),
  );
}

async function addressesOf(role: string, port: number): Promise<Record<string, string>> {
  const main = { HOST: "127.0.0.1", PORT: String(port) };
  if (role === "market-sim") return main;
  const isGateway = role === "gateway";
  const operators = isGateway ? await freePort() : port;
  const health = { HEALTH_HOST: "127.0.0.1", HEALTH_PORT: String(operators) };
  return isGateway ? { ...main, ...health } : health;
}

async function isHealthy({ child, environment }: RunningProcess): Promise<void> {
  if (!child.running) throw new Error(`${child.name} ended:\n${child.log.join("\n")}`);
  const [command = "", ...given] = image.healthCheck;
  await promisify(execFile)(command, given, { cwd: image.folder, env: withPath(environment) });
}

/** As `docker compose run --rm audit`. @throws when it exits with another code than 0. */
async function audit(redisUrl: string): Promise<void> {
  const { REDIS_PASSWORD } = FILLED;
  const environment = { ...image.environment, ROLE: "audit", REDIS_URL: redisUrl, REDIS_PASSWORD };
  const [command = "", ...given] = image.entrypoint;
  await promisify(execFile)(command, given, { cwd: image.folder, env: withPath(environment) });
}

function withPath(environment: Readonly<Record<string, string>>) {
  return { PATH: process.env.PATH, ...environment };
}

type Packages = Record<
  string,
  { version?: string; dev?: boolean; optional?: boolean; link?: boolean }
>;

async function packagesOf(folder: string, lock: string): Promise<Packages> {
  return JSON.parse(await readFile(join(folder, lock), "utf8")).packages;
}
