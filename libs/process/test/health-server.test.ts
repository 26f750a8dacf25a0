import { expect, test } from "@jest/globals";
import { Counter, Registry } from "prom-client";
import { startHealthServer } from "../src/index.ts";

test("health and metrics are told, and nothing else is there", async () => {
  const registry = new Registry();
  new Counter({ name: "things_total", help: "Things.", registers: [registry] }).inc(3);
  const health = () => ({ status: "ok" });
  const server = await startHealthServer({ port: 0, host: "127.0.0.1", registry, health });
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  try {
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
    expect(await (await get("/metrics")).text()).toContain("things_total 3");
    expect((await get("/")).status).toBe(404);
  } finally {
    await server.close();
  }
});
