export { type HealthServer, type HealthServerOptions, startHealthServer } from "./health-server.ts";
export { processSettings, readSettings } from "./settings.ts";
