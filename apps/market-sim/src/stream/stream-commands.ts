import { z } from "zod";

/** What a client's message may change: its subscriptions and its form of delivery. */
export interface StreamClient {
  combined: boolean;
  readonly streams: ReadonlySet<string>;
  subscribe(streams: readonly string[]): boolean;
  unsubscribe(streams: readonly string[]): void;
}

const METHODS = [
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "LIST_SUBSCRIPTIONS",
  "SET_PROPERTY",
  "GET_PROPERTY",
] as const;

const Id = z.union([z.int(), z.string().regex(/^[A-Za-z0-9_-]{0,36}$/), z.null()]);
const Streams = z.array(z.string()).min(1);

/** Answers one message of a client as Binance does. Source: Spot docs, WebSocket Streams, "Live Subscribing". */
export function answerCommand(client: StreamClient, text: string): string {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return failure(3, "Invalid JSON: expected value at line 1 column 1");
  }
  if (typeof message !== "object" || message === null || !("method" in message)) {
    return failure(2, `Invalid request: missing field \`method\` at line 1 column ${text.length}`);
  }
  const { method, params, id: rawId = null } = message as Record<string, unknown>;
  const id = Id.safeParse(rawId);
  if (!id.success) {
    return failure(2, "Invalid request: request ID must be an unsigned integer");
  }
  const known = METHODS.find((name) => name === method);
  if (known === undefined) {
    const expected = METHODS.map((name) => `\`${name}\``).join(", ");
    return failure(
      2,
      `Invalid request: unknown variant \`${method}\`, expected one of ${expected}`,
    );
  }
  return answer(client, known, params, id.data);
}

function answer(
  client: StreamClient,
  method: (typeof METHODS)[number],
  params: unknown,
  id: string | number | null,
): string {
  switch (method) {
    case "LIST_SUBSCRIPTIONS":
      return success([...client.streams], id);
    case "SUBSCRIBE":
    case "UNSUBSCRIBE": {
      const streams = Streams.safeParse(params);
      if (!streams.success)
        return failure(2, "Invalid request: params must be a list of streams", id);
      if (method === "UNSUBSCRIBE") client.unsubscribe(streams.data);
      else if (!client.subscribe(streams.data))
        return failure(2, "Invalid request: too many parameters", id);
      return success(null, id);
    }
    default:
      return answerProperty(client, method, params, id);
  }
}

function answerProperty(
  client: StreamClient,
  method: "SET_PROPERTY" | "GET_PROPERTY",
  params: unknown,
  id: string | number | null,
): string {
  const [name, value] = Array.isArray(params) ? params : [];
  if (typeof name !== "string") {
    return failure(2, "Invalid request: property name must be a string", id);
  }
  if (name !== "combined") return failure(0, "Unknown property", id);
  if (method === "GET_PROPERTY") return success(client.combined, id);
  if (typeof value !== "boolean") {
    return failure(1, "Invalid value type: expected Boolean", id);
  }
  client.combined = value;
  return success(null, id);
}

function success(result: unknown, id: string | number | null): string {
  return JSON.stringify({ result, id });
}

/** Source of the form: Binance's stream error answers, `{ code, msg }` with the id where it could be read. */
function failure(code: number, msg: string, id?: string | number | null): string {
  return JSON.stringify(id === undefined ? { code, msg } : { code, msg, id });
}
