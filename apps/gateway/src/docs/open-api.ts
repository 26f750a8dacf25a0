/** The REST interface as OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as they come. */
import { z } from "zod";
import type { Route } from "../rest/route.ts";
import { jsonSchema } from "./json-schema.ts";
import { Refusal } from "./refusal.ts";

type Json = Record<string, unknown>;

const Problem = Refusal.extend({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
});

/** `routes` are below `/api`, `rootRoutes` are not. */
export function openApi(routes: readonly Route[], rootRoutes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  const add = ({ spec }: Route, base: string) => {
    const path = base + spec.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [spec.method]: operation(spec) };
  };
  for (const route of routes) add(route, "/api");
  for (const route of rootRoutes) add(route, "");
  return {
    openapi: "3.1.0",
    info: {
      title: "Mirrorbook",
      version: "1.0.0",
      description:
        "A paper exchange on the live Binance order book. Every request may carry the header `traceparent` (W3C); where tracing is on, its answer then has `Trace-Id`.",
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: { Problem: jsonSchema(Problem, "output") },
    },
  };
}

function operation(spec: Route["spec"]): Json {
  const { summary, access, body, answer, method, status = 200 } = spec;
  const content = contentOf(answer);
  return {
    summary,
    operationId: [method, ...spec.path.match(/\w+/g)!].join("_"),
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
        ...(status === 204 ? {} : { content }),
      },
      ...(status === 201
        ? { 200: { description: "An earlier answer, given again.", content } }
        : {}),
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

/** What is text is not JSON. */
function contentOf(answer: z.ZodType): Json {
  const schema = jsonSchema(answer, "output");
  return schema.type === "string" ? { "text/plain": { schema } } : asJson(schema);
}

function asJson(schema: Json): Json {
  return { "application/json": { schema } };
}
