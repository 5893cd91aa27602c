/** A record of CSV, with the number of the line that it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/y;

/** Reads CSV (RFC 4180). Empty lines are left out. Errors: Error with the number of a line that is none. */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  let [at, line] = [0, 1];
  while (at < source.length) {
    const start = line;
    const cells: string[] = [];
    for (let isOpen = true; isOpen; ) {
      CELL.lastIndex = at;
      const match = CELL.exec(source);
      if (match === null) throw new Error(`line ${line}: is not CSV`);
      const [whole, quoted, plain = "", end] = match;
      cells.push(quoted?.replaceAll('""', '"') ?? plain);
      line += whole.split("\n").length - 1;
      at += whole.length;
      isOpen = end === ",";
    }
    if (cells.length > 1 || cells[0] !== "") records.push({ line: start, cells });
  }
  return records;
}
