import { Readable } from "node:stream";
import { Order, Posting, Trade } from "@mirrorbook/protocol";
import {
  type HistoryItems,
  PAGE_MAX,
  type Page,
  type RedisClient,
  readHistory,
} from "@mirrorbook/store";
import { z } from "zod";
import { reading } from "../reads/reading.ts";
import { Reply, type Route, userRoute } from "./route.ts";

const COLUMNS = {
  orders: Object.keys(Order.shape),
  trades: Object.keys(Trade.shape),
  journal: Object.keys(Posting.shape),
} as const satisfies Record<keyof HistoryItems, string[]>;
const Kind = z.object({ kind: z.enum(["orders", "trades", "journal"]) });
const ExportQuery = z.object({ format: z.enum(["csv", "json"]).default("csv") });
const TYPES = { csv: "text/csv; charset=utf-8", json: "application/json" };

/** Whole histories as files, newest first, sent while they are read. */
export function exportRoutes(redis: RedisClient): Route[] {
  return [
    userRoute(
      {
        method: "get",
        path: "/export/:kind",
        summary: "Statement of closed orders, trades or postings as a file.",
        params: Kind,
        query: ExportQuery,
        answer: z.string(),
      },
      async ({ params: { kind }, query: { format }, identity }) => {
        // Read before the answer begins: Redis being away must be an error, not an empty file.
        const first = await readPage(redis, identity.userId, kind, null);
        const rows = allRows(redis, identity.userId, kind, first);
        const text = format === "csv" ? csv(COLUMNS[kind], rows) : jsonArray(rows);
        return new Reply(200, Readable.from(text), {
          "Content-Type": TYPES[format],
          "Content-Disposition": `attachment; filename="mirrorbook-${kind}.${format}"`,
        });
      },
    ),
  ];
}

type Row = Readonly<Record<string, unknown>>;

function readPage(
  redis: RedisClient,
  userId: string,
  kind: keyof HistoryItems,
  cursor: string | null,
): Promise<Page<Row>> {
  return reading(readHistory(redis, userId, kind, { cursor, limit: PAGE_MAX }));
}

async function* allRows(
  redis: RedisClient,
  userId: string,
  kind: keyof HistoryItems,
  first: Page<Row>,
): AsyncGenerator<readonly Row[]> {
  let page = first;
  yield page.items;
  while (page.nextCursor !== null) {
    page = await readPage(redis, userId, kind, page.nextCursor);
    yield page.items;
  }
}

async function* csv(columns: readonly string[], pages: AsyncIterable<readonly Row[]>) {
  yield `${columns.join(",")}\r\n`;
  for await (const rows of pages) {
    yield rows.map((row) => `${columns.map((column) => cell(row[column])).join(",")}\r\n`).join("");
  }
}

/** RFC 4180: quoted where it has to be. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* jsonArray(pages: AsyncIterable<readonly Row[]>) {
  let opening = "[";
  for await (const rows of pages) {
    for (const row of rows) {
      yield `${opening}\n${JSON.stringify(row)}`;
      opening = ",";
    }
  }
  yield opening === "[" ? "[]\n" : "\n]\n";
}
