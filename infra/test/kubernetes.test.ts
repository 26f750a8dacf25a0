/** What infra/k8s says: that Kubernetes understands it, and that it says what the processes are. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { REPOSITORY } from "@mirrorbook/testkit";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { readConfig as readGatewayConfig } from "../../apps/gateway/src/config.ts";
import { ROLES } from "../image/roles.ts";
import { findCommand } from "../setup/system-packages.mjs";
import {
  type Manifest,
  parseManifests,
  readManifests,
  unknownFields,
} from "./support/manifests.ts";

const COMPILE_WITHIN_MS = 60_000;
/** Main's own limit to stop, beyond drain and commands: see the processes' main.ts. */
const STOP_SECONDS: Record<string, number> = { leader: 8, worker: 8 };

const base = await readManifests("infra/k8s/base");
const all = [...base, ...(await readManifests("infra/redis"))];
const deployments = base.filter(isA(Deployment));

describe("Kubernetes understands", () => {
  test(
    "every manifest: its kind's schema, and no field that the kind does not have",
    async () => {
      expect(await unknownFields(all)).toBe("");
      const gateway = await readFile(join(REPOSITORY, "infra/k8s/base/gateway.yml"), "utf8");
      const misspelt = parseManifests(gateway.replace("readinessProbe", "readynessProbe"));
      expect(await unknownFields(misspelt)).toContain("readynessProbe");
      expect(() => parseManifests(gateway.replace("minReplicas: 3", "minReplicas: few"))).toThrow();
    },
    COMPILE_WITHIN_MS,
  );

  (findCommand("kubectl") === null ? test.skip : test)(
    "the example, put together by kustomize",
    async () => {
      const given = ["kustomize", join(REPOSITORY, "infra/k8s/example")];
      const { stdout } = await promisify(execFile)("kubectl", given);
      const manifests = parseManifests(stdout);
      expect(await unknownFields(manifests)).toBe("");
      expect(manifests).toHaveLength(all.length + 2); // Two ConfigMaps are generated.
      for (const { metadata } of manifests) expect(metadata?.namespace).toBe("mirrorbook");
      for (const { spec } of manifests.filter(isA(Ingress))) {
        expect(spec?.rules?.map(({ host }) => host)).toEqual(["trade.mirrorbook.example"]);
      }
    },
    COMPILE_WITHIN_MS,
  );
});

describe.each(deployments.map(({ metadata, spec }) => ({ name: metadata?.name ?? "", spec })))(
  "$name",
  ({ name, spec }) => {
    const pod = spec!.template.spec!;
    const container = pod.containers[0]!;
    const settings = Object.fromEntries(
      (container.env ?? []).map((each) => [each.name, each.value ?? ""]),
    );

    test("is a role of the image, asked for its health where it answers", () => {
      expect(settings.ROLE).toBe(name);
      const port = container.ports?.[0]?.containerPort;
      const ready = new URL(ROLES[name]!.healthUrl({})!);
      expect(String(port)).toBe(ready.port);
      const operators = container.ports?.find((each) => each.name === "operators")?.containerPort;
      const { annotations } = spec!.template.metadata!;
      expect(annotations?.["prometheus.io/port"]).toBe(String(operators));
      if (settings.HEALTH_PORT !== undefined) expect(settings.HEALTH_PORT).toBe(String(operators));
      const probed = container.ports?.[0]?.name;
      expect(container.livenessProbe?.httpGet).toEqual({ path: "/healthz", port: probed });
      if (name === "gateway") expect(container.readinessProbe?.httpGet?.path).toBe(ready.pathname);
    });

    test("has time to stop", () => {
      const { DRAIN_SPREAD_MS, STOP_WITHIN_MS } = readGatewayConfig({ JWT_SECRET: "x".repeat(32) });
      const drainSeconds = (DRAIN_SPREAD_MS + STOP_WITHIN_MS) / 1_000 + 2;
      const beforeSeconds = Number(container.lifecycle?.preStop?.exec?.command?.[1] ?? 0);
      const neededSeconds = beforeSeconds + (STOP_SECONDS[name] ?? drainSeconds);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(neededSeconds);
      if (name === "gateway") expect(beforeSeconds).toBeGreaterThan(0);
    });

    test("has no rights, no secrets of its own, and a limit of memory", () => {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true },
      });
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources?.limits?.memory).toBeDefined();
      for (const each of container.env ?? []) {
        if (/PASSWORD|SECRET/.test(each.name)) {
          expect(each.valueFrom?.secretKeyRef?.name).toBe("mirrorbook");
        }
      }
    });

    test("is kept apart from its like", () => {
      const { podAntiAffinity } = pod.affinity!;
      const always = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      const preferred = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      const terms = [...(always ?? []), ...(preferred ?? []).map((each) => each.podAffinityTerm)];
      expect(terms.map(({ topologyKey }) => topologyKey)).toEqual(["kubernetes.io/hostname"]);
      if (name === "leader") expect(always).toHaveLength(1);
    });
  },
);

test("two leaders stand ready, gateways are scaled, and no more than one of each is disturbed", () => {
  const replicas = Object.fromEntries(
    deployments.map(({ metadata, spec }) => [metadata?.name, spec?.replicas]),
  );
  expect(replicas).toEqual({ leader: 2, worker: 2, gateway: undefined });
  const [scaler] = base.filter(isA(HorizontalPodAutoscaler));
  expect(scaler?.spec?.scaleTargetRef).toMatchObject({ kind: "Deployment", name: "gateway" });
  const metrics = scaler?.spec?.metrics?.map(
    ({ pods, resource }) => pods?.metric.name ?? resource?.name,
  );
  expect(metrics).toEqual(["cpu", "mirrorbook_gateway_connections"]);
  const budgets = base.filter(isA(PodDisruptionBudget));
  expect(budgets.map(({ metadata }) => metadata?.name).sort()).toEqual([
    "gateway",
    "leader",
    "worker",
  ]);
});

test("every selector finds pods, and every policy is about pods that are there", () => {
  const pods = [...deployments, ...all.filter(isA(StatefulSet))].map(
    ({ spec }) => spec!.template.metadata!.labels!,
  );
  const selectors = all.flatMap((manifest): (Selector | undefined)[] => {
    if (isA(Service)(manifest)) return [{ matchLabels: manifest.spec?.selector }];
    if (isA(NetworkPolicy)(manifest)) return [manifest.spec?.podSelector];
    if (isA(PodDisruptionBudget)(manifest)) return [manifest.spec?.selector];
    if (isA(Deployment)(manifest)) return [manifest.spec?.selector];
    return [];
  });
  expect(selectors.length).toBeGreaterThan(10);
  for (const selector of selectors) {
    // The service that leads nowhere has none.
    if (selector?.matchLabels === undefined) continue;
    expect({ selector, found: pods.some((labels) => selects(selector, labels)) }).toEqual({
      selector,
      found: true,
    });
  }
});

test("traffic is forbidden unless a policy allows it", () => {
  const policies = base.filter(isA(NetworkPolicy));
  const byDefault = policies.find(({ metadata }) => metadata?.name === "nothing-by-default");
  expect(byDefault?.spec).toEqual({
    podSelector: { matchLabels: { "app.kubernetes.io/name": "mirrorbook" } },
    policyTypes: ["Ingress", "Egress"],
  });
  for (const { spec } of policies) {
    for (const rule of [...(spec?.ingress ?? []), ...(spec?.egress ?? [])]) {
      expect(rule.ports?.length).toBeGreaterThan(0);
    }
  }
});

interface Selector {
  readonly matchLabels?: Record<string, string> | undefined;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: string[] }[];
}

function selects(selector: Selector, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const byLabel = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    byLabel && matchExpressions.every(({ key, values }) => values?.includes(labels[key] ?? ""))
  );
}

function isA<T extends Manifest>(Kind: { is(value: unknown): boolean; new (): T }) {
  return (manifest: Manifest): manifest is T => Kind.is(manifest);
}
