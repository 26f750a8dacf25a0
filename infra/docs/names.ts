/** What a text in Markdown names of ours, in `code`: it must exist. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A page of Markdown in the repository. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const PLACES = ["README.md", "docs", "infra", "bench", "examples", "apps"];

/** All pages that a reader may come upon. */
export async function markdownPages(root: string): Promise<Page[]> {
  const found = await Promise.all(
    PLACES.map(async (place) => {
      if (place.endsWith(".md")) return [place];
      const entries = await readdir(join(root, place), { recursive: true });
      return entries
        .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
        .map((path) => `${place}/${path}`);
    }),
  );
  return Promise.all(
    found
      .flat()
      .sort()
      .map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })),
  );
}

/** What stands between single backticks, blocks of code left out. */
export function codeIn({ text }: Page): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** Targets of links within the repository; `from` is the page's folder. */
export function linksIn({ text }: Page): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Anchors of a page, as GitHub makes them of headings. */
export function anchorsIn({ text }: Page): Set<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
