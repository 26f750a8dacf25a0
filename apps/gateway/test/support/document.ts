import { readFileSync } from "node:fs";
import { invariant } from "@mirrorbook/kernel";

/** Reads client code as a document prints it, and changes what a reader would: host, port, token. */
export function documentCode(name: string, changes: Readonly<Record<string, string>>): string {
  let code = readFileSync(new URL(`../seeds/documents/${name}`, import.meta.url), "utf8");
  for (const [printed, ours] of Object.entries(changes)) {
    invariant(code.includes(printed), `the document says ${printed}`);
    code = code.replaceAll(printed, ours);
  }
  return code;
}

/** Runs such code with these names defined, and returns the value of the variables `wanted`. */
export function runDocument(
  code: string,
  names: Readonly<Record<string, unknown>>,
  wanted: readonly string[],
): Record<string, unknown> {
  const run = new Function(...Object.keys(names), `${code}\nreturn { ${wanted.join(", ")} };`);
  return run(...Object.values(names)) as Record<string, unknown>;
}

/** A console that remembers what was said, by its first word. */
export class Said {
  readonly lines: unknown[][] = [];
  readonly log = (...words: unknown[]) => void this.lines.push(words);
  readonly error = (...words: unknown[]) => void this.lines.push(words);

  /** What followed `opening`, each time it was said. */
  // biome-ignore lint/suspicious/noExplicitAny: payloads of any shape are looked into.
  after(opening: string): any[] {
    return this.lines.filter(([first]) => first === opening).map(([, second]) => second);
  }
}
