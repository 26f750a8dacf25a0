/**
 * Carries out a Dockerfile without a container engine: each stage is a folder, COPY copies, RUN runs in it.
 *
 * 1. The context is what .dockerignore leaves of it.
 * 2. Only the last stage's folder makes the image; the base image's Node is the pinned one on the PATH.
 * 3. An instruction that is not understood here is an error, not skipped.
 *
 * Not carried out: the user, which tests of files' rights would need root for, and isolation of the file system: a step
 * may use what this machine has beyond the base image.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import dockerignore from "@balena/dockerignore";
import {
  type Copy,
  DockerfileParser,
  type Instruction,
  type JSONInstruction,
} from "dockerfile-ast";

const RUN_WITHIN_MS = 300_000;

export interface RehearsedImage {
  /** Stands for `/` of the image. */
  readonly root: string;
  /** Stands for its working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly healthCheck: readonly string[];
}

interface Stage {
  readonly root: string;
  folder: string;
  readonly environment: Record<string, string>;
  user: string;
  entrypoint: string[];
  healthCheck: string[];
}

/** @param context folder that COPY copies from @param into an empty folder for the stages */
export async function rehearse(
  dockerfile: string,
  context: string,
  into: string,
): Promise<RehearsedImage> {
  const isIgnored = await ignoredIn(context);
  const stages = new Map<string, Stage>();
  let stage: Stage | null = null;
  const text = await readFile(join(context, dockerfile), "utf8");
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === "ARG" && stage === null) continue;
    if (keyword === "FROM") {
      const [, , name = "last"] = words(instruction);
      stage = emptyStage(join(into, name));
      stages.set(name, stage);
      await mkdir(stage.root, { recursive: true });
      continue;
    }
    if (stage === null) throw new Error(`${keyword} stands before FROM`);
    if (keyword === "COPY") await copy(instruction as Copy, { stage, stages, context, isIgnored });
    else if (keyword === "RUN") await run(instruction, stage);
    else describe(keyword, instruction, stage);
  }
  if (stage === null) throw new Error("The Dockerfile has no stage");
  return stage;
}

function emptyStage(root: string): Stage {
  return { root, folder: root, environment: {}, user: "root", entrypoint: [], healthCheck: [] };
}

/** What only changes how the image runs. @throws on anything not known here */
function describe(keyword: string, instruction: Instruction, stage: Stage): void {
  const given = words(instruction);
  switch (keyword) {
    case "WORKDIR":
      stage.folder = join(stage.root, given[0]!);
      return;
    case "ENV":
      for (const pair of given) {
        const [name = "", value = ""] = pair.split(/=(.*)/s);
        // A path inside the image is one inside the folder that stands for it.
        stage.environment[name] = value.startsWith("/") ? join(stage.root, value) : value;
      }
      return;
    case "USER":
      stage.user = given[0]!;
      return;
    case "ENTRYPOINT":
      stage.entrypoint = strings(instruction);
      return;
    case "HEALTHCHECK":
      stage.healthCheck = JSON.parse(/CMD\s+(\[.*\])/s.exec(instruction.toString())?.[1] ?? "[]");
      return;
    case "EXPOSE":
      return;
    default:
      throw new Error(`${keyword} is not understood by the rehearsal`);
  }
}

interface CopyPlace {
  readonly stage: Stage;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly context: string;
  readonly isIgnored: (path: string) => boolean;
}

/** As Docker does: a folder's content goes into the target, a file into it when it ends in a slash. */
async function copy(instruction: Copy, place: CopyPlace): Promise<void> {
  const from = instruction.getFromFlag()?.getValue() ?? null;
  const source = from === null ? null : place.stages.get(from);
  if (source === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
  const given = words(instruction);
  const to = given.pop() ?? "";
  for (const path of given) {
    const origin = source === null ? join(place.context, path) : join(source.root, path);
    const target = join(place.stage.folder, to);
    const isFolder = (await stat(origin)).isDirectory();
    await mkdir(isFolder || to.endsWith("/") ? target : join(target, ".."), { recursive: true });
    await cp(origin, isFolder || !to.endsWith("/") ? target : join(target, basename(path)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: async (file) => {
        if (source !== null) return true;
        if ((await stat(file)).isDirectory()) return basename(file) !== "node_modules";
        return !place.isIgnored(relative(place.context, file));
      },
    });
  }
}

async function run(instruction: Instruction, stage: Stage): Promise<void> {
  const command = words(instruction).join(" ");
  await promisify(execFile)("sh", ["-euc", command], {
    cwd: stage.folder,
    // npm finds its registry and certificates by what is set here; a build has no NODE_ENV.
    env: { ...process.env, NODE_ENV: undefined, ...stage.environment },
    timeout: RUN_WITHIN_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
}

async function ignoredIn(context: string): Promise<(path: string) => boolean> {
  const rules = dockerignore.default().add(await readFile(join(context, ".dockerignore"), "utf8"));
  return (path) => path !== "" && rules.ignores(path);
}

/** The arguments, without flags such as `--mount`. */
function words(instruction: Instruction): string[] {
  const all = instruction.getArguments().map((argument) => argument.getValue());
  const first = all.findIndex((word) => !word.startsWith("--"));
  return first === -1 ? [] : all.slice(first);
}

function strings(instruction: Instruction): string[] {
  return (instruction as JSONInstruction).getJSONStrings().map((text) => text.getJSONValue());
}
