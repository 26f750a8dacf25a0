import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The recordings lie beside the repository and are no part of it. */
const FOLDER = fileURLToPath(new URL("../../../../shared/market-data/", import.meta.url));

export const hasRecordings = existsSync(FOLDER);
if (!hasRecordings) console.warn(`No recordings at ${FOLDER}: tests on them are skipped.`);

export function recordingPath(name: string): string {
  return FOLDER + name;
}

export interface ReferenceState {
  readonly file: string;
  readonly symbol: string;
  readonly finalUpdateId: number;
  readonly bid: string;
  readonly ask: string;
  readonly digest: string;
}

/** State after the last diff. Source: README of the recordings. */
export const REFERENCE_STATES: readonly ReferenceState[] = `
spot-btcusdt-2024-08-08.jsonl.gz BTCUSDT 50093421584 61685.99000000x1.00870000 61686.00000000x2.29327000 f749beab8495ca08
spot-ethusdt-2024-08-08.jsonl.gz ETHUSDT 35346671849 2682.50000000x3.31680000 2682.51000000x48.97390000 1c536d1a0cea6862
spot-10-symbols-2021-04-05.jsonl.gz ZILUSDT 499827506 0.21473000x116.40000000 0.21481000x2083.30000000 5d036d2d6538e1cb
spot-10-symbols-2021-04-05.jsonl.gz MANAUSDT 267012781 0.99234000x1159.20000000 0.99273000x2400.00000000 934e758c78efc6d5
spot-10-symbols-2021-04-05.jsonl.gz DENTUSDT 148628430 0.02100000x160602.00000000 0.02100830x179542.00000000 ea0aa6878ee99be6
spot-10-symbols-2021-04-05.jsonl.gz AXSBNB 81573511 0.02662800x100.00000000 0.02679500x98.00000000 2244238610d724d0
spot-10-symbols-2021-04-05.jsonl.gz ETHBRL 30367155 12001.53000000x0.16624000 12010.52000000x0.82208000 3effec4295a09579
spot-10-symbols-2021-04-05.jsonl.gz BTCSTUSDT 87930909 58.23200000x7.20900000 58.29700000x0.91500000 230ecd2c7314bac5
spot-10-symbols-2021-04-05.jsonl.gz QTUMETH 242767528 0.00542700x350.11000000 0.00546000x180.55000000 18c716d22de65ea5
spot-10-symbols-2021-04-05.jsonl.gz BTCAUD 155214829 76835.70000000x0.00264200 76923.97000000x0.03159700 55daf6eaf74bb9c2
spot-10-symbols-2021-04-05.jsonl.gz RENBTCETH 18687898 27.91890000x0.00100000 28.38410000x0.01730000 60325cf084e64bf3
spot-10-symbols-2021-04-05.jsonl.gz NEOUSDC 135437624 56.95500000x413.48300000 57.38800000x9.97200000 3079af6398dcec6e
spot-4-symbols-2021-10-12.jsonl NKNUSDT 499870179 0.35270000x9602.00000000 0.35310000x152.00000000 2a8ec232f2328c5b
spot-4-symbols-2021-10-12.jsonl BLZETH 281916638 0.00006547x100.00000000 0.00006560x1528.00000000 92b6fcdba38bd879
spot-4-symbols-2021-10-12.jsonl LRCBTC 259345563 0.00000637x2500.00000000 0.00000638x2285.00000000 b75895090942ad6b
spot-4-symbols-2021-10-12.jsonl RUNEEUR 15602513 6.25100000x69.30000000 6.26900000x69.30000000 7668b31860a048f5
`
  .trim()
  .split("\n")
  .map((line) => {
    const [file, symbol, finalUpdateId, bid, ask, digest] = line.split(" ") as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    return { file, symbol, finalUpdateId: Number(finalUpdateId), bid, ask, digest };
  });
