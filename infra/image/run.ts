/** The image's entry: becomes the process that `ROLE` names, in this very process, so that signals arrive. */
import { type Role, roleOf } from "./roles.ts";

const BAD_CONFIGURATION = 2;

await import(new URL(`../../${roleOrExit().entry}`, import.meta.url).href);

function roleOrExit(): Role {
  try {
    return roleOf(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(BAD_CONFIGURATION);
  }
}
