/** `/healthz`: alive, and in which role. `/metrics`: for Prometheus. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  readonly port: number;
  readonly host: string;
  readonly registry: Registry;
  readonly health: () => object;
}

export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port, host, registry, health } = options;
  const server = createServer((request, response) => {
    switch (request.url) {
      case "/healthz":
        return reply(response, 200, "application/json", JSON.stringify(health()));
      case "/metrics":
        registry.metrics().then(
          (text) => reply(response, 200, registry.contentType, text),
          () => reply(response, 500, "text/plain", "metrics are not available"),
        );
        return;
      default:
        return reply(response, 404, "text/plain", "not found");
    }
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function reply(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}
