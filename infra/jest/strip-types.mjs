/**
 * Jest transform: TypeScript with erasable syntax only, so types are blanked out and line numbers stay true.
 * Node itself runs the sources the same way; no compiler stands between a test and what is deployed.
 */
import { stripTypeScriptTypes } from "node:module";

export default {
  process(/** @type {string} */ source) {
    return { code: stripTypeScriptTypes(source, { mode: "strip" }) };
  },
};
