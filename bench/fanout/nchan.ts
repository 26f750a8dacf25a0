import { existsSync } from "node:fs";

/** nginx with nchan, serving one channel per symbol over WebSocket. */
export interface Nchan {
  readonly port: number;
  readonly path: string;
  readonly workerPid: number;
  publish(symbol: string, text: string): Promise<unknown>;
  stop(): Promise<void>;
}

const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";

export async function startNchan(): Promise<Nchan | null> {
  if (!existsSync(MODULE))
    console.error("nchan: not installed (apt: libnginx-mod-nchan), left out.");
  return null;
}
