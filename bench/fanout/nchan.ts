import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child, eventually, freePort, temporaryFolder } from "@mirrorbook/testkit";

/** nginx with nchan: one channel per symbol, every subscriber in all of them over one WebSocket. */
export interface Nchan {
  readonly port: number;
  readonly path: string;
  readonly workerPid: number;
  publish(symbol: string, text: string): Promise<unknown>;
  stop(): Promise<void>;
}

const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";
const TEMP_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Starts one with a single worker; `null`, with a word why, where it is not installed. */
export async function startNchan(symbols: readonly string[]): Promise<Nchan | null> {
  if (!existsSync(MODULE)) {
    console.error("nchan is not installed (apt: nginx, libnginx-mod-nchan): its case is left out.");
    return null;
  }
  const folder = await temporaryFolder();
  const port = await freePort();
  const file = join(folder.path, "nginx.conf");
  await writeFile(file, configuration(port, folder.path, symbols));
  const nginx = new Child({ name: "nginx", command: "nginx", arguments: ["-c", file] });
  const workerPid = await eventually(() =>
    workerOf(Number(readFileSync(join(folder.path, "pid"), "utf8"))),
  );
  return {
    port,
    path: "/subscribe",
    workerPid,
    publish: (symbol, body) =>
      fetch(`http://127.0.0.1:${port}/publish/${symbol}`, { method: "POST", body }).then((answer) =>
        answer.arrayBuffer(),
      ),
    stop: async () => {
      await nginx.kill("SIGTERM");
      await folder[Symbol.asyncDispose]();
    },
  };
}

function configuration(port: number, folder: string, symbols: readonly string[]): string {
  return `
    load_module ${MODULE};
    daemon off;
    worker_processes 1;
    pid ${folder}/pid;
    error_log stderr error;
    events { worker_connections 8192; }
    http {
      access_log off;
      ${TEMP_PATHS.map((path) => `${path}_temp_path ${folder}/${path};`).join("\n")}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location ~ ^/publish/(\\w+)$ {
          nchan_publisher http;
          nchan_channel_id $1;
          nchan_message_buffer_length 100;
        }
        location = /subscribe {
          nchan_subscriber websocket;
          nchan_channel_id ${symbols.join(" ")};
          nchan_subscriber_first_message newest;
        }
      }
    }`;
}

/** The one worker of an nginx master. @throws while there is none yet. */
function workerOf(masterPid: number): number {
  const children = readFileSync(`/proc/${masterPid}/task/${masterPid}/children`, "utf8");
  const worker = children
    .trim()
    .split(" ")
    .map(Number)
    .find((pid) => pid > 0);
  if (worker === undefined) throw new Error("nginx has no worker yet");
  return worker;
}
