/** The image's health check: exits 0 while the process in this container answers well. */
import { roleOf } from "./roles.ts";

/** Less than the check's own time limit, so that the reason is told. */
const ANSWER_WITHIN_MS = 2_000;

const url = roleOf(process.env).healthUrl(process.env);
if (url !== null) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    console.log(`${response.status} ${await response.text()}`);
    process.exitCode = response.ok ? 0 : 1;
  } catch (error) {
    console.log(`${url}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
