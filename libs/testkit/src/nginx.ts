/** Debian's nginx with the configuration that is shipped, on the loopback interface. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findNginx } from "../../../infra/setup/nginx.mjs";
import { Child } from "./child.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { answersAt, REPOSITORY } from "./node-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const TEMPLATE = "infra/nginx/nginx.conf.template";

/** Why tests behind nginx are skipped; null where there is one. */
export const nginxMissing: string | null =
  findNginx() === null ? "no nginx: install it or set NGINX_PATH" : null;

export interface Nginx extends AsyncDisposable {
  /** What clients reach. */
  readonly url: string;
  readonly child: Child;
}

/** Starts nginx before the gateways of these three URLs; `env` fills more of the template's variables. */
export async function startNginx(
  gateways: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Nginx> {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporaryFolder());
  const [port, statusPort] = [await freePort(), await freePort()];
  const [GATEWAY_1, GATEWAY_2, GATEWAY_3] = gateways.map((url) => new URL(url).host);
  const text = filled(await readFile(join(REPOSITORY, TEMPLATE), "utf8"), {
    GATEWAY_1,
    GATEWAY_2,
    GATEWAY_3,
    NGINX_HTTP_LISTEN: `127.0.0.1:${port}`,
    NGINX_STATUS_LISTEN: `127.0.0.1:${statusPort}`,
    NGINX_CONNECTIONS_PER_ADDRESS_MAX: "10000",
    NGINX_REQUESTS_PER_SECOND_MAX: "10000",
    NGINX_REAL_IP_FROM: "192.0.2.1",
    NGINX_TLS_DIR: folder.path,
    NGINX_RUN_DIR: folder.path,
    NGINX_ACCESS_LOG: "/dev/null",
    ...env,
  });
  const file = join(folder.path, "nginx.txt"); // Not *.conf: those in the folder are part of the server.
  await writeFile(file, text);
  // Root's workers would be another user, who may not enter the folder; as anybody else nginx keeps its user.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const child = owned.use(
    new Child({
      name: "nginx",
      command: findNginx()!,
      arguments: ["-e", "stderr", "-c", file, "-g", `daemon off; ${user}`],
    }),
  );
  await child.whileRunning(
    10_000,
    "answers",
    eventually(answersAt(`http://127.0.0.1:${statusPort}/healthz`)),
  );
  const parts = owned.move();
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** As the official image's `envsubst` does: only variables that are given; nginx' own have no braces. */
function filled(template: string, values: Readonly<Record<string, string | undefined>>): string {
  return template.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${TEMPLATE} wants ${name}, which has no value`);
    return value;
  });
}
