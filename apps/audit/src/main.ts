/** `npm run audit [-- --json]`: exits 0 when every journal adds up, 1 on any difference, 2 when it cannot read. */
import { closeRedis, connectRedis, redisConfig, redisReady } from "@mirrorbook/store";
import { auditSystem, isClean } from "./audit-system.ts";
import { namesRedis, readConfig } from "./config.ts";
import { reportText } from "./report-text.ts";
import { localRedis } from "./stopped-redis.ts";

const REDIS_READY_WITHIN_MS = 5_000;

try {
  const config = readConfig(process.env);
  await using local = namesRedis(config) ? null : await localRedis(config.DATA_DIR);
  const where = local === null ? config : { ...config, REDIS_URL: local.url };
  const redis = connectRedis(redisConfig(where), "command", { name: "audit" });
  try {
    await redisReady(redis, REDIS_READY_WITHIN_MS);
    const report = await auditSystem(redis);
    if (local !== null) console.log(`Audit of ${local.description}`);
    console.log(reportText(report));
    if (process.argv.includes("--json")) console.log(JSON.stringify(report));
    process.exitCode = isClean(report) ? 0 : 1;
  } finally {
    closeRedis(redis);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
