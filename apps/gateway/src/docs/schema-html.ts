/** A JSON schema for people: one line per field, with what it may be. */
import { type Html, html, NOTHING, prose } from "./html.ts";
import type { JsonSchema } from "./sample.ts";

/** Enumerations longer than this are shown where they are folded out. */
const VALUES_SHOWN_MAX = 12;

export function schemaHtml(schema: JsonSchema): Html {
  return html`<p class="type">${typeText(schema)}</p>${fieldsOf(schema)}`;
}

function fieldsOf(schema: JsonSchema): Html {
  const alternatives = alternativesOf(schema).filter(isStructured);
  if (alternatives.length === 1) return fieldsOf(alternatives[0]!);
  if (alternatives.length > 1) {
    return html`<ol class="either">${alternatives.map((one) => html`<li>${fieldsOf(one)}</li>`)}</ol>`;
  }
  if (schema.type === "array") return fieldsOf((schema.items ?? {}) as JsonSchema);
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  const fields = Object.entries(properties);
  if (fields.length === 0) return NOTHING;
  return html`<ul>${fields.map(([name, field]) => fieldHtml(name, field, required.includes(name)))}</ul>`;
}

/** Name and type of a field; a question mark where it may be absent. */
export function fieldHead(name: string, schema: JsonSchema, isRequired: boolean): Html {
  return html`<code>${name}</code>${isRequired ? "" : "?"} <span class="type">${typeText(schema)}</span>`;
}

function fieldHtml(name: string, schema: JsonSchema, isRequired: boolean): Html {
  const head = fieldHead(name, schema, isRequired);
  const about = typeof schema.description === "string" ? prose(` ${schema.description}`) : NOTHING;
  const inside = fieldsOf(schema);
  if (inside === NOTHING) return html`<li>${head}${about}</li>`;
  return html`<li><details><summary>${head}${about}</summary>${inside}</details></li>`;
}

function isStructured(schema: JsonSchema): boolean {
  if (schema.type === "array") return isStructured((schema.items ?? {}) as JsonSchema);
  return schema.properties !== undefined || alternativesOf(schema).some(isStructured);
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf ?? []) as readonly JsonSchema[];
}

function typeText(schema: JsonSchema): string {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1)!;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum))
    return listText(schema.enum.map((value) => JSON.stringify(value)));
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return listText([...new Set(alternatives.map(typeText))]);
  if (schema.type === "array") return arrayText(schema);
  const { type = "anything", format, default: fallback } = schema;
  const kind = format === undefined ? [type].flat().join(" | ") : `${type} (${format})`;
  return fallback === undefined ? kind : `${kind} = ${JSON.stringify(fallback)}`;
}

function listText(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_SHOWN_MAX).join(" | ");
  return values.length > VALUES_SHOWN_MAX ? `${shown} | …` : shown;
}

function arrayText({ items, prefixItems }: JsonSchema): string {
  if (Array.isArray(prefixItems)) return `[${prefixItems.map(typeText).join(", ")}]`;
  const item = typeText((items ?? {}) as JsonSchema);
  return item.includes(" ") ? `(${item})[]` : `${item}[]`;
}
