/** The interface's description: valid by the standards' own schemas, complete, and readable for people without a script. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import specifications from "@asyncapi/specs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ERRORS } from "@mirrorbook/kernel";
import {
  CONNECTION_EVENTS,
  DIALECT_NAMES,
  DISCONNECTS,
  MARKET_EVENTS,
  ROOM_EVENTS,
  USER_EVENTS,
} from "@mirrorbook/protocol";
import { callRest } from "@mirrorbook/testkit";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { startExchange, type TestExchange } from "./support/exchange.ts";

const EVENTS = { ...USER_EVENTS, ...MARKET_EVENTS, ...ROOM_EVENTS, ...CONNECTION_EVENTS };
/** Served beside the interface: pages of tools, which describe themselves. */
const TOOLS = ["/admin/queues"];
const idOf = (name: string) => name.replaceAll(":", ".");

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
}
interface Operation {
  readonly security?: unknown;
  readonly responses: object;
  readonly requestBody?: {
    readonly content: { "application/json": { schema: ObjectSchema } };
  };
}
/** What is looked at of a JSON schema. */
interface ObjectSchema {
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}
interface AsyncApi {
  readonly channels: Record<string, { address: string; messages: object }>;
  readonly operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  readonly components: {
    readonly messages: Record<string, { payload: object; examples?: { payload: unknown }[] }>;
    readonly schemas: { Refusal: { properties: { code: { enum: string[] } } }; Disconnect: object };
  };
}

let exchange: TestExchange;
let rest: OpenApi;
let sockets: AsyncApi;

beforeAll(async () => {
  exchange = await startExchange();
  rest = (await callRest<OpenApi>(exchange.url(), "GET", "openapi.json")).body;
  sockets = (await callRest<AsyncApi>(exchange.url(), "GET", "asyncapi.json")).body;
});
afterAll(() => exchange[Symbol.asyncDispose]());

test("the OpenAPI document is valid, and all its references lead somewhere", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...structuredClone(rest) });
  expect({ valid, errors }).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
  expect(brokenReferences(rest)).toEqual([]);
});

test("the AsyncAPI document is valid, and all its references lead somewhere", () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const { $schema: _, ...schema } = specifications.schemasWithoutId["3.0.0"] as {
    $schema: string;
  };
  const validate = ajv.compile(schema);
  validate(sockets);
  expect(validate.errors).toBeNull();
  expect(brokenReferences(sockets)).toEqual([]);
});

test("every path is served, says what it needs and how it fails, with every error code", async () => {
  const place = rest.paths["/api/orders"]!.post!;
  const schema = place.requestBody!.content["application/json"].schema;
  expect(schema.properties.side).toMatchObject({ enum: ["buy", "sell"] });
  expect(schema.required).toEqual(["pair", "side", "type"]);
  expect(place.security).toEqual([{ token: [] }]);
  expect(rest.paths["/api/orders/{id}"]).toHaveProperty("delete");
  expect(Object.keys(rest.paths)).toEqual(expect.arrayContaining(["/readyz", "/metrics", "/docs"]));
  for (const [path, methods] of Object.entries(rest.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const reply = await fetch(exchange.url() + path.replaceAll(/\{\w+\}/g, "x"), {
        method: method.toUpperCase(),
      });
      expect([path, method, reply.status]).not.toEqual([path, method, 404]);
      expect(Object.keys(responses).length).toBeGreaterThan(1);
    }
  }
  const { code } = rest.components.schemas.Problem.properties;
  expect(code.enum).toEqual(Object.keys(ERRORS));
});

test("every route that the protocol's page names is there, and every route is named", async () => {
  const shape = (path: string) => path.replaceAll(/:\w+|\{\w+\}/g, "*").replace(/^\/api\//, "");
  const there = Object.keys(rest.paths).map(shape);
  const documented = (await documentedPaths()).filter((path) => !TOOLS.includes(path)).map(shape);
  const names = (name: string, path: string) =>
    name.startsWith("…")
      ? path.endsWith(name.slice(1))
      : new RegExp(`^${path.replaceAll("*", "[^/]+")}$`).test(name);
  const unknown = documented.filter((name) => !there.some((path) => names(name, path)));
  const unnamed = there.filter((path) => !documented.some((name) => names(name, path)));
  expect({ unknown, unnamed }).toEqual({ unknown: [], unnamed: [] });
});

test("every event, dialect, message, error code and disconnect is described", () => {
  const { messages, schemas } = sockets.components;
  const told = sockets.operations["socket.events"]!.messages.map(({ $ref }) => $ref);
  expect(told).toEqual(
    Object.keys(EVENTS).map((name) => `#/channels/socket/messages/${idOf(name)}`),
  );
  for (const dialect of DIALECT_NAMES) {
    const operations = Object.keys(sockets.operations).filter((id) => id.endsWith(`.${dialect}`));
    expect([dialect, operations.length > 0]).toEqual([dialect, true]);
  }
  expect(Object.keys(messages)).toEqual(
    expect.arrayContaining([
      "order.place",
      "subscribe.orderbook",
      "gateway.order.update",
      "typed.BINANCE_ORDER_BOOK_UPDATE",
      "feed.typed.TRADE_EXECUTED",
      "streams.trade_executed",
      "rooms.leaderboard_update",
      "rooms.portfolio_update",
    ]),
  );
  expect(messages["order.filled"]!.payload).toMatchObject({
    properties: { order: { type: "object" } },
  });
  expect(schemas.Refusal.properties.code.enum).toEqual(Object.keys(ERRORS));
  for (const code of Object.keys(DISCONNECTS)) {
    expect(JSON.stringify(schemas.Disconnect)).toContain(`"${code}"`);
  }
});

test("the examples of the canonical events pass the schemas that check them", () => {
  for (const [name, schema] of Object.entries(EVENTS)) {
    const [example] = sockets.components.messages[idOf(name)]!.examples!;
    expect([name, schema.safeParse(example!.payload).error?.message]).toEqual([name, undefined]);
  }
});

test("every message that a client may send is taken by a gateway", async () => {
  const client = await exchange.client("alice");
  const ids = sockets.operations["socket.receive"]!.messages.map(({ $ref }) =>
    $ref.slice($ref.lastIndexOf("/") + 1),
  );
  for (const id of ids) {
    const answer = await client.ask(id.replaceAll(".", ":"), { nonsense: true });
    expect([id, JSON.stringify(answer).includes("There is no message")]).toEqual([id, false]);
  }
});

test("the pages for people name all that the documents describe, without a script", async () => {
  const page = async (path: string) => {
    const response = await fetch(exchange.url() + path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
    const text = await response.text();
    expect(text).not.toMatch(/<script|https?:\/\//);
    return text;
  };
  const [index, paths, messages, errors] = await Promise.all(
    ["/docs", "/docs/rest", "/docs/messages", "/docs/errors"].map(page),
  );
  expect(index).toContain('href="/docs/messages"');
  for (const path of Object.keys(rest.paths)) expect(paths).toContain(`${path}</h2>`);
  for (const id of Object.keys(sockets.components.messages))
    expect(messages).toContain(`id="${id}"`);
  for (const code of [...Object.keys(ERRORS), ...Object.keys(DISCONNECTS)]) {
    expect(errors).toContain(`<code>${code}</code>`);
  }
});

/** References within a document that point at nothing. */
function brokenReferences(document: object): string[] {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
  const leadsSomewhere = (path: string) => {
    let at: unknown = document;
    for (const step of path.split("/")) at = (at as Record<string, unknown> | undefined)?.[step];
    return at !== undefined;
  };
  return [...references].map(([, path]) => path!).filter((path) => !leadsSomewhere(path));
}

/** The routes of docs/protocol.md: \`METHOD path\`, further ones of the same base as \`path\` or \`…/rest\`. */
async function documentedPaths(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
  const section = text.slice(text.indexOf("## REST"), text.indexOf("## The other dialects"));
  const cells = [...section.matchAll(/^\| (.+?) \| /gm)].map(([, cell]) => cell!);
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
  return codes
    .map((code) => /^(?:[A-Z]+ )?(…?\/?[a-z][\w/:.-]*)(?:\?|$| \{)/.exec(code)?.[1])
    .filter((path) => path !== undefined);
}
