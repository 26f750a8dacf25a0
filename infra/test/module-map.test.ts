/**
 * Keeps the table "Layout and who may import whom" of docs/ARCHITECTURE.md true, by reading import lines.
 * Tests may import what they like of ours; sources keep to the map.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

/** What each library may import of ours. */
const LIBRARIES: Record<string, readonly string[]> = {
  kernel: [],
  process: [],
  protocol: ["kernel"],
  book: ["kernel"],
  exchange: ["kernel", "book", "protocol"],
  rooms: ["kernel", "exchange", "protocol"],
  binance: ["kernel", "book"],
  store: ["kernel", "protocol"],
  fanout: ["kernel", "protocol"],
  sdk: ["kernel", "protocol"],
  tracing: [],
};
const TEST_ONLY = "testkit";
/** Declared for another reason than an import line. */
const USED_OTHERWISE: Record<string, readonly string[]> = {
  web: ["vite"], // Run by infra/setup/page.mjs.
};

interface Workspace {
  readonly name: string;
  readonly folder: string;
  readonly isApp: boolean;
  /** What others may import: its name, and the further doors its manifest opens. */
  readonly doors: readonly string[];
  /** Of the sources, peers included. */
  readonly dependencies: ReadonlySet<string>;
  /** Of what is beside the sources: tests and scripts. */
  readonly devDependencies: ReadonlySet<string>;
  readonly sources: readonly Imports[];
  readonly beside: readonly Imports[];
}
interface Imports {
  readonly file: string;
  readonly specifiers: readonly string[];
}

/** A workspace that has no sources yet has nothing to keep. */
const workspaces = (await readWorkspaces()).filter(({ sources }) => sources.length > 0);
const apps = workspaces.filter((workspace) => workspace.isApp).map(({ name }) => name);
const doors = new Set(workspaces.flatMap((workspace) => workspace.doors));
const ours = new Set(workspaces.map(({ name }) => `@mirrorbook/${name}`));
const rootPackage = await readPackage(ROOT);

test("the map names every library", () => {
  const libraries = workspaces.filter(({ isApp, name }) => !isApp && name !== TEST_ONLY);
  for (const { name } of libraries) expect(Object.keys(LIBRARIES)).toContain(name);
});

test("the reader of import lines sees every form", () => {
  const text = [
    'import { a } from "one";',
    'import type {\n  B,\n} from "two";',
    'import "three";',
    'export * from "four";',
    'export type { C } from "five";',
    'const d = await import("six");',
    'type E = import("seven").E;',
    'const f = createRequire(import.meta.url)("eight");',
    "const line = \"import nothing from 'here'\";",
  ].join("\n");
  expect(specifiersOf(text).sort()).toEqual(
    ["one", "two", "three", "four", "five", "six", "seven", "eight"].sort(),
  );
});

describe.each(workspaces)("$folder", (workspace) => {
  const allowed = workspace.isApp ? Object.keys(LIBRARIES) : LIBRARIES[workspace.name];

  test("sources import of ours only what the map allows, by the front door", () => {
    if (workspace.name === TEST_ONLY) return;
    const wrong = each(workspace.sources, (specifier) => {
      const ours = oursIn(specifier);
      if (ours === null) return false;
      return !doors.has(specifier) || apps.includes(ours) || allowed?.includes(ours) !== true;
    });
    expect(wrong).toEqual([]);
  });

  test("relative imports stay inside and carry their suffix", () => {
    const all = [...workspace.sources, ...workspace.beside];
    const wrong = each(all, (specifier, file) => {
      if (!specifier.startsWith(".")) return false;
      const target = join(file, "..", specifier);
      const stays = target.startsWith(`${workspace.folder}/`) || target.startsWith("infra/");
      return !stays || !existsSync(join(ROOT, target));
    });
    expect(wrong).toEqual([]);
  });

  test("every package imported by sources is declared, and every declared one is used", () => {
    const imported = packagesIn(workspace.sources);
    const used = new Set([...imported, ...(USED_OTHERWISE[workspace.name] ?? [])]);
    expect({
      undeclared: [...imported.difference(workspace.dependencies)],
      unused: [...workspace.dependencies.difference(used)],
    }).toEqual({ undeclared: [], unused: [] });
  });

  test("tests and scripts import what is declared here or at the root", () => {
    const imported = packagesIn(workspace.beside);
    const { dependencies, devDependencies } = workspace;
    const declared = [dependencies, devDependencies, rootPackage.devDependencies, ours];
    expect({
      undeclared: [...declared.reduce((left, known) => left.difference(known), imported)],
      unused: [...devDependencies.difference(imported)],
    }).toEqual({ undeclared: [], unused: [] });
  });
});

function each(files: readonly Imports[], wrong: (specifier: string, file: string) => boolean) {
  return files.flatMap(({ file, specifiers }) =>
    specifiers
      .filter((specifier) => wrong(specifier, file))
      .map((specifier) => `${file} → ${specifier}`),
  );
}

function packagesIn(files: readonly Imports[]): Set<string> {
  return new Set(files.flatMap(({ specifiers }) => specifiers.map(packageOf)).filter(isPackage));
}

/** Module specifiers in import and export statements, dynamic imports and import types. */
function specifiersOf(text: string): string[] {
  const imports = /^import\s+(?:[^;"'`]+\sfrom\s+)?["']([^"'\n]+)["']/gm;
  const exports =
    /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+["']([^"'\n]+)["']/gm;
  const expressions = /\b(?:import|require|createRequire\([^()]*\))\(\s*["']([^"'\n]+)["']\s*[,)]/g;
  return [imports, exports, expressions].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1]!),
  );
}

function oursIn(specifier: string): string | null {
  return /^@mirrorbook\/([^/]+)/.exec(specifier)?.[1] ?? null;
}

/** The package a specifier names; null for relative ones and Node's own modules. */
function packageOf(specifier: string): string | null {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return null;
  if (builtinModules.includes(specifier)) return null;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isPackage(name: string | null): name is string {
  return name !== null;
}

async function readWorkspaces(): Promise<Workspace[]> {
  const found: Workspace[] = [];
  for (const kind of ["apps", "libs"]) {
    for (const name of (await readdir(join(ROOT, kind))).sort()) {
      const folder = `${kind}/${name}`;
      if (!existsSync(join(ROOT, folder, "package.json"))) continue;
      const files = await readImports(folder);
      const isBeside = ({ file }: Imports) => /\/(?:test|scripts)\//.test(file);
      found.push({
        name,
        folder,
        isApp: kind === "apps",
        ...(await readPackage(join(ROOT, folder))),
        sources: files.filter((file) => !isBeside(file)),
        beside: files.filter(isBeside),
      });
    }
  }
  return found;
}

async function readPackage(folder: string) {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const { name, exports: opened = "." } = manifest;
  const paths = typeof opened === "string" ? ["."] : Object.keys(opened);
  return {
    doors: paths.map((path) => name + path.slice(1)),
    dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })),
    devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
  };
}

async function readImports(folder: string): Promise<Imports[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true });
  const sources = entries
    .map(String)
    .filter((path) => /\.(?:ts|tsx|mts|mjs)$/.test(path) && !/node_modules|dist\//.test(path));
  return Promise.all(
    sources.sort().map(async (path) => {
      const file = `${folder}/${path}`;
      return { file, specifiers: specifiersOf(await readFile(join(ROOT, file), "utf8")) };
    }),
  );
}
