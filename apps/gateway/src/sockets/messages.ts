/** A message a client may send over Socket.IO is a value, like a REST route: its schema checks, documents and types it. */
import type { z } from "zod";
import type { Identity } from "../auth/identity.ts";
import type { Connection } from "../members/connection.ts";

/** Gives the answer, an object or an `AnswerText`, early, before a handler is done; later answers are ignored. */
export type Acknowledge = (answer: unknown) => void;

export interface MessageSpec {
  readonly name: string;
  readonly summary: string;
  readonly access: "public" | "user";
  readonly schema: z.ZodType;
  /** What it does. Returns the answer, unless it acknowledged already. */
  handle(
    connection: Connection,
    input: never,
    acknowledge: Acknowledge,
  ): Promise<unknown> | unknown;
}

/** A message anybody may send. */
export function openMessage<S extends z.ZodType>(
  name: string,
  summary: string,
  schema: S,
  handle: (
    connection: Connection,
    input: z.output<S>,
    acknowledge: Acknowledge,
  ) => Promise<unknown> | unknown,
): MessageSpec {
  return { name, summary, access: "public", schema, handle };
}

/** A message that needs a token. */
export function userMessage<S extends z.ZodType>(
  name: string,
  summary: string,
  schema: S,
  handle: (
    connection: Connection & { readonly identity: Identity },
    input: z.output<S>,
    acknowledge: Acknowledge,
  ) => Promise<unknown> | unknown,
): MessageSpec {
  return { name, summary, access: "user", schema, handle: handle as MessageSpec["handle"] };
}
