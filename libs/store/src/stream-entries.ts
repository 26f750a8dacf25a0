/** An entry as XRANGE gives it: id, and field, value, field, value, … */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The number in an id `<seq>-0`; 0 where there is no entry. */
export function seqOf(entry: readonly [string, ...unknown[]] | undefined): number {
  return entry === undefined ? 0 : Number(entry[0].slice(0, entry[0].indexOf("-")));
}

/** An entry's fields by name. */
export function fieldsOf(entry: StreamEntry): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < entry[1].length; i += 2) fields[entry[1][i]!] = entry[1][i + 1]!;
  return fields;
}

/** What an entry of a user's streams holds: all that one commit added, oldest first. */
export function itemsOf<T>([, fields]: StreamEntry): T[] {
  return JSON.parse(fields[1]!) as T[];
}
