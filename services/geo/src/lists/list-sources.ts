import { readFile } from "node:fs/promises";
import { contentLines, LineError } from "../operator-files/lines.ts";
import { FLAG_BITS } from "../security/flags.ts";
import { type JsonPath, type ListFormat, parseJsonPath } from "./list-format.ts";

const HOURS_DEFAULT = 24;
const HOURS_MAX = 720;
const SOURCES_MAX = 100;
const FILE = /^(?<flag>[a-z]+)\/[a-z0-9][a-z0-9._-]{0,63}$/i;
const MEMBERS: ReadonlySet<string> = new Set([
  "file",
  "url",
  "every_hours",
  "csv_column",
  "json_paths",
]);

/** Where a security list comes from. */
export interface ListSource {
  /** Its path in the directory of lists: a flag, and a name. */
  readonly file: string;
  /** Of http or https. */
  readonly url: string;
  readonly everyHours: number;
  readonly format: ListFormat;
}

/**
 * Reads a file of one JSON object a line: `file`, `url`, and maybe `every_hours` with `csv_column` or `json_paths`. Errors: LineError
 * at the first invalid line, whose message has no URL; those of node:fs.
 */
export async function readListSources(path: string): Promise<ListSource[]> {
  const sources: ListSource[] = [];
  for (const { number, content } of contentLines(await readFile(path, "utf8"))) {
    const source = sourceOf(content);
    if (typeof source === "string") throw new LineError(number, source, path);
    if (sources.some(({ file }) => file === source.file)) {
      throw new LineError(number, `has the file ${source.file} of another line`, path);
    }
    if (sources.length === SOURCES_MAX) {
      throw new LineError(number, `is one of more than ${SOURCES_MAX}`, path);
    }
    sources.push(source);
  }
  return sources;
}

/** The source of a line, or what is wrong with it. */
function sourceOf(line: string): ListSource | string {
  const members = objectOf(line);
  if (members === undefined) return "is not a JSON object";
  const unknown = Object.keys(members).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) return `has the unknown member ${JSON.stringify(unknown)}`;
  const { file, url: text, every_hours: everyHours = HOURS_DEFAULT } = members;
  const flags = Object.keys(FLAG_BITS);
  const flag = typeof file === "string" ? FILE.exec(file)?.groups?.["flag"] : undefined;
  if (flag === undefined || !flags.includes(flag)) {
    return `needs a \`file\` such as tor/exits, below one of ${flags.join(", ")}`;
  }
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return "needs a `url` that is http(s)";
  if (!isWholeNumber(everyHours, HOURS_MAX)) {
    return `has \`every_hours\` that is not a whole number from 1 to ${HOURS_MAX}`;
  }
  const format = formatOf(members);
  if (typeof format === "string") return format;
  return { file: file as string, url: text as string, everyHours, format };
}

function formatOf(members: Record<string, unknown>): ListFormat | string {
  const { csv_column: column, json_paths: paths } = members;
  if (column !== undefined && paths !== undefined) return "has `csv_column` and `json_paths`";
  if (column !== undefined) {
    const isColumn = isWholeNumber(column, 1000) || (typeof column === "string" && column !== "");
    if (!isColumn) return "has a `csv_column` that is neither a number from 1 nor a name";
    return { kind: "csv", column: column as number | string };
  }
  if (paths === undefined) return { kind: "lines" };
  const parsed: (JsonPath | undefined)[] = Array.isArray(paths)
    ? paths.map((path) => (typeof path === "string" ? parseJsonPath(path) : undefined))
    : [];
  const known = parsed.filter((path) => path !== undefined);
  if (known.length === 0 || known.length < parsed.length) {
    return "has `json_paths` that are not a list of paths such as prefixes[].ip_prefix";
  }
  return { kind: "json", paths: known };
}

function isWholeNumber(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
