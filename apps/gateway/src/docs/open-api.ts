/** The REST interface as OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as they come. */
import { ERRORS, type ErrorCode } from "@mirrorbook/kernel";
import { z } from "zod";
import type { Route } from "../rest/route.ts";
import { jsonSchema } from "./json-schema.ts";

type Json = Record<string, unknown>;

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  retry: z.boolean(),
  details: z.record(z.string(), z.string()).optional(),
});

export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const { spec } of routes) {
    const path = `/api${spec.path.replace(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [spec.method]: operation(spec) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Mirrorbook",
      version: "1.0.0",
      description: "A paper exchange on the live Binance order book.",
    },
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: { Problem: jsonSchema(Problem, "output") },
    },
  };
}

function operation(spec: Route["spec"]): Json {
  const { summary, access, body, answer, method, status = 200 } = spec;
  return {
    summary,
    tags: [spec.path.split("/")[1]],
    ...(access === "public" ? {} : { security: [{ token: [] }] }),
    ...(access === "public" || access === "user" ? {} : { description: `Role: ${access}.` }),
    parameters: [
      ...parameters(spec.params, "path"),
      ...parameters(spec.query, "query"),
      ...(method === "get" || access === "public" ? [] : [IDEMPOTENCY_KEY]),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: asJson(jsonSchema(body, "input")) } }),
    responses: {
      [status]: {
        description: "Done.",
        ...(status === 204 ? {} : { content: asJson(jsonSchema(answer, "output")) }),
      },
      ...(status === 201 ? { 200: { description: "An earlier answer, given again." } } : {}),
      default: {
        description: "Refused or failed.",
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    },
  };
}

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key with the same request gives the first answer again.",
  schema: { type: "string", maxLength: 64 },
};

function parameters(schema: z.ZodType | undefined, place: "path" | "query"): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, described]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: described,
  }));
}

function asJson(schema: Json): Json {
  return { "application/json": { schema } };
}
