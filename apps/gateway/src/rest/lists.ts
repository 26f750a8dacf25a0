import { isHistoryCursor, PAGE_MAX } from "@mirrorbook/store";
import { z } from "zod";

const LIMIT_DEFAULT = 100;

/** Query of every list that is read page by page, newest first. */
export const PageQuery = z.object({
  cursor: z.string().refine(isHistoryCursor, "is not one we gave").optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(LIMIT_DEFAULT),
});

/** Answer of such a list: `{ <name>: […], nextCursor }`, null on the last page. */
export function pageOf<T extends z.ZodType>(name: string, item: T) {
  return z.object({ [name]: z.array(item), nextCursor: z.string().nullable() });
}

/** Repeats `a=1&a=2` arrive as arrays; an interface that takes one value says so. */
export const oneOf = <T extends readonly [string, ...string[]]>(values: T) => z.enum(values);
