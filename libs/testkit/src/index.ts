export { browserMissing, builtPage, startBrowser } from "./browser.ts";
export { Child, type ChildOptions, type Exit } from "./child.ts";
export {
  AppProcess,
  type ClientOptions,
  type ClusterOptions,
  startCluster,
  TestCluster,
} from "./cluster.ts";
export { type Deadline, eventually, within } from "./eventually.ts";
export { watchEvidence } from "./evidence.ts";
export { freePort } from "./free-port.ts";
export { type MarketConnection, MarketControl, type MarketFaults } from "./market-control.ts";
export { MarketWitness, type WitnessedLevels } from "./market-witness.ts";
export { MirroredBook } from "./mirrored-book.ts";
export { type Nginx, nginxMissing, startNginx } from "./nginx.ts";
export {
  answersAt,
  type NodeProcessOptions,
  REPOSITORY,
  startProcess,
} from "./node-process.ts";
export {
  type DepthSession,
  depthSessions,
  marketDataFile,
  type RecordedLine,
  readMarketData,
  readRecording,
  recordingsExist,
} from "./recordings.ts";
export { RedisCluster, startRedisCluster } from "./redis-cluster.ts";
export { RedisSentinel, startRedisSentinel } from "./redis-sentinel.ts";
export {
  type RedisPlace,
  RedisServer,
  type RedisServerOptions,
  startRedis,
} from "./redis-server.ts";
export { startTcpProxy, TcpProxy } from "./tcp-proxy.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
export {
  callRest,
  guest,
  type Received,
  Refused,
  type RestAnswer,
  type RestOptions,
  type Session,
  TestClient,
} from "./test-client.ts";
