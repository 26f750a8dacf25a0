export { Child, type ChildOptions, type Exit } from "./child.ts";
export { type Deadline, eventually, within } from "./eventually.ts";
export { freePort } from "./free-port.ts";
export { RedisServer, type RedisServerOptions, startRedis } from "./redis-server.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
