import { z } from "zod";

/** A schema as JSON Schema 2020-12: what clients send (`input`) or get (`output`). */
export function jsonSchema(schema: z.ZodType, side: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io: side,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: written }) => {
      const cleaned = cleanedOf(zodSchema);
      // What is made lower case or a number first is described by what it must then be.
      if (side === "input" && cleaned !== null) {
        Object.assign(written, jsonSchema(cleaned, "output"));
      }
    },
  });
  return described;
}

/** The schema behind a leading transformation, as in `z.preprocess(lowerCase, Side)`. */
function cleanedOf(schema: z.core.$ZodTypes): z.ZodType | null {
  const { def } = schema._zod;
  if (def.type !== "pipe" || def.in._zod.def.type !== "transform") return null;
  return def.out as z.ZodType;
}
