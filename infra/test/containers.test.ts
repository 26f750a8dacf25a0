/** What the Dockerfile and docker-compose.yml say, checked without an engine; image.cluster.test.ts carries it out. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { REPOSITORY, temporaryFolder } from "@mirrorbook/testkit";
import { DCLinter } from "dclint";
import { validate } from "dockerfile-utils";
import { z } from "zod";
import { readConfig as readGatewayConfig } from "../../apps/gateway/src/config.ts";
import { readConfig as readLeaderConfig } from "../../apps/leader/src/config.ts";
import { readConfig as readSimConfig } from "../../apps/market-sim/src/config.ts";
import { readConfig as readWorkerConfig } from "../../apps/worker/src/config.ts";
import { ROLES } from "../image/roles.ts";
import { FILLED, processesOf, readCompose, readEnvironmentFile } from "./support/compose.ts";

const compose = await readCompose();
const processes = processesOf(compose);
const text = (path: string) => readFile(join(REPOSITORY, path), "utf8");

describe("Dockerfile", () => {
  test("a linter finds nothing, and would find a fault", async () => {
    const dockerfile = await text("infra/Dockerfile");
    expect(validate(dockerfile, {}).map(({ message }) => message)).toEqual([]);
    expect(validate(dockerfile.replace("EXPOSE 3000", "EXPOSE http"), {})).not.toEqual([]);
  });

  test("runs the Node that package-lock.json pins", async () => {
    const [, image] = /^ARG NODE_IMAGE=node:([\d.]+)-/m.exec(await text("infra/Dockerfile")) ?? [];
    const lock = JSON.parse(await text("package-lock.json"));
    expect(image).toBe(lock.packages["node_modules/node"].version);
  });
});

describe("docker-compose.yml", () => {
  test("keeps to the schema of Compose, and the check would tell if not", async () => {
    expect(lint(join(REPOSITORY, "docker-compose.yml"))).toEqual([]);
    expect(lint(join(REPOSITORY, "infra/compose.tls.yml"))).toEqual([]);
    await using folder = await temporaryFolder();
    const path = join(folder.path, "docker-compose.yml");
    await writeFile(path, (await text("docker-compose.yml")).replace("read_only", "readonly"));
    expect(lint(path)).not.toEqual([]);
  });

  test("has what the design asks for", () => {
    const roles = processes.map(({ role }) => role).sort();
    const names = Object.keys(compose.services);
    expect(roles).toEqual([
      "audit",
      ...Array(3).fill("gateway"),
      ...Array(2).fill("leader"),
      "market-sim",
      ...Array(2).fill("worker"),
    ]);
    expect(names).toEqual(expect.arrayContaining(["redis", "nginx", "prometheus", "grafana"]));
    for (const role of roles) expect(Object.keys(ROLES)).toContain(role);
  });

  test("stops with a message when a secret is missing, and invents none", async () => {
    for (const name of ["REDIS_PASSWORD", "GRAFANA_PASSWORD"]) {
      await expect(readCompose({ ...FILLED, [name]: "" })).rejects.toThrow(name);
    }
    const { services } = await readCompose({ ...FILLED, JWT_SECRET: "" });
    expect(() => readGatewayConfig(settingsOf(services["gateway-1"]!))).toThrow("JWT_SECRET");
  });

  test("gives every process settings that it takes and knows", async () => {
    const readers: Record<string, (environment: NodeJS.ProcessEnv) => object> = {
      leader: readLeaderConfig,
      gateway: readGatewayConfig,
      worker: readWorkerConfig,
      "market-sim": readSimConfig,
    };
    for (const { role, service } of processes) {
      readers[role]?.(settingsOf(service));
      const known = `${await text(`apps/${role}/src/config.ts`)}${await text("libs/store/src/redis-config.ts")}${await text("libs/process/src/settings.ts")}`;
      const { ROLE: _, ...settings } = service.environment;
      for (const name of Object.keys(settings)) expect(known).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  test("the simulated market is where its environment file says", async () => {
    const simulated = await readEnvironmentFile("infra/simulated.env");
    const { services } = await readCompose({ ...FILLED, ...simulated });
    expect(services["market-sim"]?.profiles).toEqual([simulated.COMPOSE_PROFILES]);
    const leader = readLeaderConfig(settingsOf(services["leader-1"]!));
    const { sim } = readSimConfig(settingsOf(services["market-sim"]!));
    expect(leader.MARKET).toBe("simulated");
    expect(new URL(leader.BINANCE_REST_URL).port).toBe(String(sim.port));
    expect(new URL(leader.BINANCE_WS_URL).port).toBe(String(sim.port));
    expect(sim.symbols).toEqual(leader.SYMBOLS);
  });

  test(".env.example names variables that are used, and all that must be set", async () => {
    const example = Object.keys(await readEnvironmentFile(".env.example"));
    const source = await text("docker-compose.yml");
    for (const name of example) expect(source).toContain(`\${${name}:`);
    for (const [, name] of source.matchAll(/\$\{(\w+):\?/g)) expect(example).toContain(name);
  });

  test("waits longer for a process to stop than the process takes", () => {
    const gateway = readGatewayConfig(settingsOf(compose.services["gateway-1"]!));
    const drainSeconds = (gateway.DRAIN_SPREAD_MS + gateway.STOP_WITHIN_MS) / 1_000;
    for (const { role, service } of processes.filter(({ role }) => role !== "audit")) {
      const graceSeconds = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? "")?.[1]);
      expect(graceSeconds).toBeGreaterThan(
        { gateway: drainSeconds, leader: 8, worker: 8 }[role] ?? 1,
      );
    }
  });

  test("every service is confined, restarted and watched", () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect({ name, readOnly: service.read_only, dropped: service.cap_drop }).toEqual({
        name,
        readOnly: true,
        dropped: ["ALL"],
      });
      expect(service.image).toMatch(/:./);
      if (service.environment.ROLE === "audit") continue;
      expect(service.restart).toBe("unless-stopped");
      if (service.environment.ROLE === undefined) expect(service.healthcheck?.test).toBeDefined();
    }
  });

  test("only nginx can be reached from other machines, and Redis only from inside", () => {
    for (const [name, { ports, networks }] of Object.entries(compose.services)) {
      const open = ports.filter((port) => !port.startsWith("127.0.0.1:"));
      expect(open).toHaveLength(name === "nginx" ? 1 : 0);
      if (name === "redis") expect(networks).toEqual(["inside"]);
      if (name === "nginx") expect(networks).not.toContain("inside");
    }
    expect(compose.networks.inside?.internal).toBe(true);
    expect(compose.networks.edge?.internal).toBe(true);
  });

  test("fills every variable of the nginx template with what the gateways have", async () => {
    const template = await text("infra/nginx/nginx.conf.template");
    const used = new Set([...template.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!));
    const { environment } = compose.services.nginx!;
    const given = Object.keys(environment).filter((name) => !name.startsWith("NGINX_ENVSUBST_"));
    expect(given.sort()).toEqual([...used].sort());
    const filter = new RegExp(environment.NGINX_ENVSUBST_FILTER!);
    for (const name of used) expect(name).toMatch(filter);
    const readme = await text("infra/nginx/README.md");
    for (const name of used) expect(readme).toContain(`\`${name}\``);
    const gateways = processes.filter(({ role }) => role === "gateway");
    const addresses = gateways.map(({ service }) => {
      const { edge } = service.networks as { edge: { ipv4_address: string } };
      return `${edge.ipv4_address}:${readGatewayConfig(settingsOf(service)).PORT}`;
    });
    expect([environment.GATEWAY_1, environment.GATEWAY_2, environment.GATEWAY_3]).toEqual(
      addresses,
    );
  });
});

/** As the image sets them, and Compose on top. */
function settingsOf({ environment }: { environment: Record<string, string> }) {
  return { NODE_ENV: "production", ...environment };
}

/** What is wrong with a file, but for matters of taste. */
function lint(path: string): string[] {
  const rules = Object.fromEntries(TASTE.map((name) => [name, 0 as const]));
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  const [result] = LintResults.parse(linter.lintFiles([path], false));
  return result!.messages.map(({ rule, message }) => `${rule}: ${message}`);
}

const LintResults = z.array(
  z.object({ messages: z.array(z.object({ rule: z.string(), message: z.string() })) }),
);

/** The last two misread ports and files with variables: a test above says the same of ports, by what is filled in. */
const TASTE = [
  "no-build-and-image",
  "service-keys-order",
  "services-alphabetical-order",
  "top-level-properties-order",
  "service-dependencies-alphabetical-order",
  "service-ports-alphabetical-order",
  "require-project-name-field",
  "require-quotes-in-ports",
  "no-unbound-port-interfaces",
];
