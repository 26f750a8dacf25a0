import { ERRORS, type ErrorCode } from "@mirrorbook/kernel";
import { z } from "zod";

export const Code = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** What a client sees of an error, whichever way it came. */
export const Refusal = z.object({
  code: Code,
  message: z.string(),
  retry: z.boolean(),
  details: z.record(z.string(), z.string()).optional(),
});
