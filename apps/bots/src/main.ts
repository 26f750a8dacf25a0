/** `npm run bots -- --count N --room R [--url http://localhost:3000] [--code C] [--every 1000]`; Ctrl-C ends them. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { startBots } from "./start-bots.ts";

const REPORT_EVERY_MS = 5_000;
const Settings = z.object({
  count: z.coerce.number().int().min(1).max(2_000).default(20),
  room: z.string().min(1).max(64),
  url: z.array(z.url()).default(["http://localhost:3000"]),
  code: z.string().optional(),
  every: z.coerce.number().int().min(100).max(600_000).default(1_000),
});
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    count: text,
    room: text,
    url: { type: "string", multiple: true },
    code: text,
    every: text,
  },
});
const settings = Settings.safeParse(values);
if (!settings.success) {
  console.error(`Usage: npm run bots -- --count N --room R\n${z.prettifyError(settings.error)}`);
  process.exit(2);
}
const { count, room, url, code = null, every } = settings.data;
const running = await startBots({ urls: url, roomId: room, code, count, stepEveryMs: every });
console.log(`${running.bots.length} bots are in room ${room}`);
setInterval(() => {
  const sum = (pick: "accepted" | "refused") =>
    running.bots.reduce((total, bot) => total + bot[pick], 0);
  console.log(`${sum("accepted")} orders accepted, ${sum("refused")} refused`);
}, REPORT_EVERY_MS);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    running.stop();
    process.exit(0);
  });
}
