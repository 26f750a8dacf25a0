import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const SECRET_BYTES = 48;

/** The secret that signs tokens on this machine: made once, so that sessions outlive a restart; readable by its owner only. */
export async function keptSecret(file: string): Promise<string> {
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept.length >= SECRET_BYTES) return kept;
  const made = randomBytes(SECRET_BYTES).toString("base64url");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, made, { mode: 0o600 });
  return made;
}
