const FORMULA_GUARD = /^'(?=[=+\-@\t\r\n])/;

/** The records of a CSV (RFC 4180) by the names of its first line; empty fields are left out. */
export function readCsv(text: string): Record<string, string>[] {
  const [names = [], ...records] = recordsOf(text);
  return records.map((cells) => {
    const entries = cells.map((cell, at) => [names[at], cell.replace(FORMULA_GUARD, "")] as const);
    return Object.fromEntries(entries.filter(([, cell]) => cell !== ""));
  });
}

function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    record.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}
