/**
 * The interface for people to read, made on the server from the same documents that machines read: no script, nothing
 * from elsewhere.
 */
import { ERRORS } from "@mirrorbook/kernel";
import { DISCONNECTS } from "@mirrorbook/protocol";
import { Html, html, NOTHING, prose } from "./html.ts";
import type { JsonSchema } from "./sample.ts";
import { fieldHead, schemaHtml } from "./schema-html.ts";

/** The parts of an OpenAPI document that are shown. */
export interface RestDocument {
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, RestOperation>>>>;
}
interface RestOperation {
  readonly summary: string;
  readonly description?: string;
  readonly security?: unknown;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** The parts of an AsyncAPI document that are shown. */
export interface MessageDocument {
  readonly info: { readonly description: string };
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string; readonly title: string; readonly description: string }
    >
  >;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly title: string;
        readonly channel: { readonly $ref: string };
        readonly messages: readonly { readonly $ref: string }[];
      }
    >
  >;
  readonly components: {
    readonly messages: Readonly<
      Record<
        string,
        {
          readonly name: string;
          readonly summary: string;
          readonly payload: JsonSchema;
          readonly examples?: readonly { readonly payload: unknown }[];
        }
      >
    >;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

export function indexPage(): string {
  return page(
    "Interfaces",
    html`<p>Three ways in, one exchange. These pages are made from the schemas that check what you send.</p>
<ul>
<li><a href="/docs/rest">REST</a>, for machines <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1)</li>
<li><a href="/docs/messages">Socket.IO and WebSocket</a>, for machines <a href="/api/asyncapi.json">asyncapi.json</a> (AsyncAPI 3.0)</li>
<li><a href="/docs/errors">Error codes and disconnects</a></li>
</ul>`,
  );
}

export function restPage({ info, paths }: RestDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => restOperation(method, path, operation)),
  );
  return page("REST", html`<p>${prose(info.description)}</p>${operations}`);
}

function restOperation(method: string, path: string, operation: RestOperation): Html {
  const { summary, description, security, parameters, requestBody, responses } = operation;
  const who = security === undefined ? "Public." : (description ?? "Needs a token.");
  const body = requestBody?.content["application/json"]?.schema;
  const successes = Object.entries(responses).filter(([status]) => status !== "default");
  const statuses = successes.map(([status]) => status).join(" or ");
  const { content = {} } = successes.at(-1)![1];
  const [type = "nothing", answer] = Object.entries(content)[0] ?? [];
  return html`<section><h2 id="${method}-${path}"><span class="method">${method.toUpperCase()}</span> ${path}</h2>
<p>${prose(summary)} ${who}</p>
${parameters.length === 0 ? NOTHING : html`<h3>Parameters</h3>${parameters.map(parameterHtml)}`}
${body === undefined ? NOTHING : html`<h3>Body</h3>${schemaHtml(body)}`}
<h3>Answer ${statuses}, ${type}</h3>${answer === undefined ? NOTHING : schemaHtml(answer.schema)}</section>`;
}

function parameterHtml({ name, in: place, required, schema }: RestOperation["parameters"][number]) {
  return html`<p>${fieldHead(name, schema, required)} in ${place}</p>`;
}

export function messagesPage({ info, channels, operations, components }: MessageDocument): string {
  const parts = Object.entries(channels).map(([id, { address, title, description }]) => {
    const own = Object.values(operations).filter(({ channel }) => lastOf(channel.$ref) === id);
    return html`<section><h2 id="${id}">${title}: <code>${address}</code></h2><p>${prose(description)}</p>
${own.map(
  (operation) => html`<h3>${prose(operation.title)}</h3>
${operation.messages.map(({ $ref }) => messageHtml(lastOf($ref), components))}`,
)}</section>`;
  });
  const { Handshake, Answer } = components.schemas;
  const schemas = Object.entries({ Handshake: Handshake!, Answer: Answer! }).map(
    ([name, schema]) => html`<section><h2 id="${name}">${name}</h2>${schemaHtml(schema)}</section>`,
  );
  return page("Socket.IO and WebSocket", html`<p>${prose(info.description)}</p>${parts}${schemas}`);
}

function messageHtml(id: string, { messages }: MessageDocument["components"]): Html {
  const { name, summary, payload, examples = [] } = messages[id]!;
  return html`<details id="${id}"><summary><code>${name}</code> ${prose(summary)}</summary>${schemaHtml(payload)}
${examples.map((example) => html`<pre>${JSON.stringify(example.payload, null, 2)}</pre>`)}</details>`;
}

export function errorsPage(): string {
  const codes = Object.entries(ERRORS).map(
    ([code, { status, retry }]) =>
      html`<tr><td><code>${code}</code></td><td>${status}</td><td>${retry ? "yes" : "no"}</td></tr>`,
  );
  const disconnects = Object.entries(DISCONNECTS).map(
    ([code, { closeCode, retry, message }]) =>
      html`<tr><td><code>${code}</code></td><td>${closeCode}</td><td>${retry ? "yes" : "no"}</td><td>${message}</td></tr>`,
  );
  return page(
    "Error codes and disconnects",
    html`<h2>Error codes</h2><p>Retry: the same request may succeed later without a change.</p>
<table><tr><th>Code</th><th>HTTP status</th><th>Retry</th></tr>${codes}</table>
<h2>Disconnects</h2><table><tr><th>Code</th><th>Close code</th><th>Reconnect</th><th></th></tr>${disconnects}</table>`,
  );
}

function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} – Mirrorbook</title><style>${new Html(STYLE)}</style></head>
<body><nav><a href="/docs">Interfaces</a> <a href="/docs/rest">REST</a> <a href="/docs/messages">Messages</a> <a href="/docs/errors">Errors</a></nav>
<main><h1>${title}</h1>${content}</main></body></html>`.text;
}

function lastOf(reference: string): string {
  return reference.split("/").at(-1)!;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
nav a { margin-right: 1rem; }
section { border-top: 1px solid #8884; margin-top: 2rem; }
h2 { font-size: 1.15rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
.method { font-family: ui-monospace, monospace; }
.type { color: #777; font-size: 0.9rem; margin: 0; overflow-wrap: anywhere; }
ul, ol { margin: 0; padding-left: 1.25rem; }
pre { overflow-x: auto; padding: 0.5rem; border: 1px solid #8884; }
summary { cursor: pointer; }
td, th { padding: 0.1rem 1rem 0.1rem 0; text-align: left; }
`;
