/** Reads Kubernetes manifests and checks each against the schema of its kind. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "@mirrorbook/testkit";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Service } from "kubernetes-models/v1/Service";
import { parseAllDocuments } from "yaml";

const KINDS = [
  ConfigMap,
  Service,
  Deployment,
  StatefulSet,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
];
export type Manifest = InstanceType<(typeof KINDS)[number]>;

/** @throws when a document is of a kind we do not use, or breaks the schema of its kind. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => checked(document.toJS()));
}

/** All manifests of a folder, as they stand there. */
export async function readManifests(folder: string): Promise<Manifest[]> {
  const files = (await readdir(join(REPOSITORY, folder))).filter((file) => file.endsWith(".yml"));
  const texts = files.map((file) => readFile(join(REPOSITORY, folder, file), "utf8"));
  return (await Promise.all(texts)).flatMap(parseManifests);
}

/**
 * Finds fields that a manifest's kind does not have, which schemas let pass and Kubernetes drops: the compiler looks for
 * them by the types of each kind. Returns its words, or nothing when all is well.
 */
export async function unknownFields(manifests: readonly Manifest[]): Promise<string> {
  const lines = manifests.map((manifest, index) => {
    const { apiVersion, kind } = manifest;
    const type = `import("kubernetes-models/${apiVersion}/${kind}").I${kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest.toJSON(), null, 1)};`;
  });
  // Inside the repository, so that the package is found from there.
  await mkdir(join(REPOSITORY, ".data"), { recursive: true });
  const folder = await mkdtemp(join(REPOSITORY, ".data/manifests-"));
  try {
    await writeFile(join(folder, "manifests.ts"), lines.join("\n"));
    const compiler = join(REPOSITORY, "node_modules/typescript/bin/tsc");
    const flags =
      "--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --pretty false".split(" ");
    await promisify(execFile)(process.execPath, [compiler, ...flags, "manifests.ts"], {
      cwd: folder,
    });
    return "";
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function checked(value: { apiVersion?: string; kind?: string }): Manifest {
  const Kind = KINDS.find((each) => each.is(value));
  if (Kind === undefined) throw new Error(`${value.apiVersion} ${value.kind} is not in use here`);
  const manifest = new Kind(value as never);
  manifest.validate();
  return manifest;
}
