/** A made-up value of a JSON schema, for examples. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a field of this name holds in every example. */
export type Named = Readonly<Record<string, unknown>>;

const TEXT = "text";
const BY_NAME: Named = {
  pair: "SIM_BTC/SIM_USD",
  symbol: "BTCUSDT",
  base: "SIM_BTC",
  quote: "SIM_USD",
  asset: "SIM_BTC",
  feeAsset: "SIM_BTC",
  account: "main",
  userId: "u-1",
  orderId: "1795601200254-0",
};

/** Makes a value with every field that may be there; the first of alternatives that is not null. */
export function sampleOf(schema: JsonSchema, named: Named = {}): unknown {
  return sample(schema, { ...BY_NAME, ...named });
}

function sample(schema: JsonSchema, named: Named): unknown {
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const alternatives = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined;
  if (alternatives !== undefined) {
    const chosen = alternatives.find(({ type }) => type !== "null") ?? {};
    return sample(chosen, named);
  }
  switch (schema.type) {
    case "object":
      return sampleObject(schema, named);
    case "array":
      return sampleArray(schema, named);
    case "boolean":
      return true;
    case "integer":
    case "number":
      return 1;
    default:
      return sampleText(schema);
  }
}

function sampleObject({ properties = {} }: JsonSchema, named: Named): object {
  const fields = Object.entries(properties as Record<string, JsonSchema>);
  return Object.fromEntries(
    fields.map(([name, schema]) => {
      const isText = schema.type === "string" && !("enum" in schema);
      return [name, isText && name in named ? named[name] : sample(schema, named)];
    }),
  );
}

function sampleArray({ items, prefixItems }: JsonSchema, named: Named): unknown[] {
  if (Array.isArray(prefixItems)) return prefixItems.map((item) => sample(item, named));
  return [sample((items ?? {}) as JsonSchema, named)];
}

function sampleText({ format, pattern }: JsonSchema): string {
  if (format === "date-time") return "2026-01-31T12:00:00.000Z";
  // Decimal text is the only text whose pattern takes a lone digit but no letters.
  if (typeof pattern !== "string") return TEXT;
  const takes = new RegExp(pattern);
  return takes.test("1.5") && !takes.test(TEXT) ? "1.5" : TEXT;
}
