/** A record of CSV, with the number of the line that it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

const QUOTE = '"';
const PLAIN = /[^",\r\n]*/y;
const END = /,|\r\n|\n|$/y;

/**
 * Reads CSV (RFC 4180). Empty lines are left out. Errors: Error with the number of a line that is none, or for more than
 * `recordsMax` records.
 */
export function parseCsv(text: string, recordsMax = Number.POSITIVE_INFINITY): CsvRecord[] {
  const records: CsvRecord[] = [];
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  let [at, line] = [0, 1];
  while (at < source.length) {
    const start = line;
    const cells: string[] = [];
    for (let isOpen = true; isOpen; ) {
      const cellEnd = endOfCell(source, at);
      const end = cellEnd === undefined ? undefined : match(END, source, cellEnd);
      if (cellEnd === undefined || end === undefined) throw new Error(`line ${line}: is not CSV`);
      const whole = source.slice(at, cellEnd);
      cells.push(whole.startsWith(QUOTE) ? whole.slice(1, -1).replaceAll('""', QUOTE) : whole);
      line += whole.split("\n").length - 1 + (end.endsWith("\n") ? 1 : 0);
      at = cellEnd + end.length;
      isOpen = end === ",";
    }
    if (cells.length === 1 && cells[0] === "") continue;
    if (records.length >= recordsMax) throw new Error(`more than ${recordsMax} lines`);
    records.push({ line: start, cells });
  }
  return records;
}

/** Where a cell ends that begins at a place; undefined where its quotes are not closed. */
function endOfCell(source: string, start: number): number | undefined {
  if (source[start] !== QUOTE) return start + (match(PLAIN, source, start)?.length ?? 0);
  for (let at = start + 1; ; at += 2) {
    at = source.indexOf(QUOTE, at);
    if (at < 0) return undefined;
    if (source[at + 1] !== QUOTE) return at + 1;
  }
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
