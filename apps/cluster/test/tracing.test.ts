/**
 * Tracing on real processes, with a collector's stand-in that takes what the exporters send: one trace leads from a
 * client's message over the leader's commit to the delivery on every gateway.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { eventually, startCluster, type TestCluster } from "@mirrorbook/testkit";

interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly message?: string };
}

const BUY = { pair: "BTCUSDT", side: "buy", type: "market", quoteQuantity: "100" };
const CLIENT_SPAN = "00f067aa0ba902b7";

test("one trace leads from the client's message over the leader to the delivery on both gateways", async () => {
  await using collector = await startCollector();
  await using cluster = await startTraced(collector.url, "0");
  const alice = await cluster.client("alice");
  await cluster.client("alice", { gateway: 1 });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${traceId}-${CLIENT_SPAN}-01`;

  const answer = await alice.ask("order:place", { ...BUY, traceparent });
  expect(answer).toMatchObject({ ok: true, traceId });

  const spans = await collector.spans(traceId, 6);
  const tree = spans.map(({ service, name, parentSpanId }) => {
    const parent = spans.find(({ spanId }) => spanId === parentSpanId);
    return [service, name, parent?.name ?? parentSpanId];
  });
  expect(tree.sort()).toEqual([
    ["mirrorbook-gateway", "command order:place", "receive order:place"],
    ["mirrorbook-gateway", "deliver", "commit order:place"],
    ["mirrorbook-gateway", "deliver", "commit order:place"],
    ["mirrorbook-gateway", "receive order:place", CLIENT_SPAN],
    ["mirrorbook-leader", "apply order:place", "command order:place"],
    ["mirrorbook-leader", "commit order:place", "command order:place"],
  ]);
  const { body } = await alice.rest<{ events: unknown[][] }>("GET", "events?since=0");
  expect(new Set(body.events.map(({ length }) => length))).toEqual(new Set([2]));
});

test("a request is traced by its header, and its refusal is in the span", async () => {
  await using collector = await startCollector();
  await using cluster = await startTraced(collector.url, "0");
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const request = async (headers: Record<string, string>) => {
    const { token } = await cluster.session("alice");
    return fetch(`${cluster.gateways[0]!.url}/api/orders`, {
      method: "POST",
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ ...BUY, quoteQuantity: "150000" }),
    });
  };

  const traced = await request({ traceparent: `00-${traceId}-${CLIENT_SPAN}-01` });
  const untraced = await request({});
  const misnamed = await request({ traceparent: "00-nonsense-01" });

  expect(traced.headers.get("trace-id")).toBe(traceId);
  expect([untraced, misnamed].map(({ headers }) => headers.get("trace-id"))).toEqual([null, null]);
  const spans = await collector.spans(traceId, 4);
  const received = spans.find(({ name }) => name === "receive post /orders");
  expect(received?.status?.message).toBe("INSUFFICIENT_BALANCE");
});

test("with a ratio of 1 every command is traced without the client asking", async () => {
  await using collector = await startCollector();
  await using cluster = await startTraced(collector.url, "1");
  const alice = await cluster.client("alice");
  const answer = await alice.ask("order:place", BUY);
  const { traceId } = answer as unknown as { traceId: string };
  const names = (await collector.spans(traceId, 5)).map(({ name }) => name);
  expect(names).toContain("commit order:place");
  expect(names).toContain("deliver");
});

test("with tracing off a client that traces is served like any other", async () => {
  await using cluster = await startCluster();
  const alice = await cluster.client("alice");
  const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-${CLIENT_SPAN}-01`;
  const answer = await alice.ask("order:place", { ...BUY, traceparent });
  expect(answer).toMatchObject({ ok: true });
  expect(answer).not.toHaveProperty("traceId");
});

function startTraced(url: string, ratio: string): Promise<TestCluster> {
  return startCluster({
    gateways: 2,
    env: { TRACE_EXPORTER: "otlp", TRACE_OTLP_URL: url, TRACE_SAMPLE_RATIO: ratio },
  });
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { key: string; value: { stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<CollectedSpan, "service">[] }[];
  }[];
}

/** What an OpenTelemetry collector is to an exporter: it takes OTLP as JSON and says 200. */
async function startCollector() {
  const collected: CollectedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as OtlpTraces;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === "service.name")!;
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        collected.push({ ...span, service: service.value.stringValue });
      }
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    /** Waits until `count` spans of a trace are there. */
    spans: (traceId: string, count: number) =>
      eventually(() => {
        const found = collected.filter((span) => span.traceId === traceId);
        if (found.length < count) {
          throw new Error(`${found.length} spans: ${JSON.stringify(collected)}`);
        }
        return found;
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
