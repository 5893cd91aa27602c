/** How a publisher writes a list. */
export type ListFormat =
  | { readonly kind: "lines" }
  /** `column` counts from 1, or is a name of the first line. */
  | { readonly kind: "csv"; readonly column: number | string }
  | { readonly kind: "json"; readonly paths: readonly JsonPath[] };

/** Names of members one inside the other; `isEach` for those whose elements are taken one by one. */
export type JsonPath = readonly { readonly name: string; readonly isEach: boolean }[];

const FIELD = /\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*)/y;
const STEP = /^([^.[\]]+)(\[\])?$/;

/** Reads a path such as `prefixes[].ip_prefix`, whose grammar is `name["[]"] *("." name["[]"])`; undefined for any other text. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps = text.split(".").map((step) => STEP.exec(step));
  if (steps.some((step) => step === null)) return undefined;
  return steps.map((step) => ({ name: step?.[1] as string, isEach: step?.[2] !== undefined }));
}

/** A list is not what its format says. */
export class ListError extends Error {
  override readonly name = "ListError";
}

/** The entries of a list with their place in it. */
export interface ListEntry {
  /** Follows "the list's", as `line 7`. */
  readonly place: string;
  readonly text: string;
}

/** Takes the entries out of a list. Errors: ListError if it is not in its format, or a part of it is missing. */
export function entriesOf(content: string, format: ListFormat): ListEntry[] {
  // A byte order mark.
  const text = content.replace(/^\ufeff/, "");
  if (format.kind === "json") return jsonEntries(text, format.paths);
  return format.kind === "csv" ? csvEntries(text, format.column) : lineEntries(text);
}

/** What follows a `#`, a `;` or white space is a comment. */
function lineEntries(text: string): ListEntry[] {
  return numberedLines(text)
    .map(({ place, text: line }) => ({ place, text: /^[^#;\s]*/.exec(line)?.[0] ?? "" }))
    .filter(({ text: entry }) => entry !== "");
}

function csvEntries(text: string, column: number | string): ListEntry[] {
  const lines = numberedLines(text);
  const isNamed = typeof column === "string";
  const index = isNamed ? fieldsOf(lines[0]?.text ?? "").indexOf(column) : column - 1;
  if (index < 0) throw new ListError(`the list's first line has no column ${column}`);
  const content = isNamed ? lines.slice(1) : lines;
  return content
    .filter(({ text: line }) => line !== "" && !line.startsWith("#"))
    .map(({ place, text: line }) => ({ place, text: fieldsOf(line)[index] ?? "" }));
}

function numberedLines(text: string): ListEntry[] {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.map((line, index) => ({ place: `line ${index + 1}`, text: line.trim() }));
}

/** RFC 4180 section 2, but that no field goes on in the next line. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    FIELD.lastIndex = at;
    const [written = "", quoted, plain = ""] = FIELD.exec(line) ?? [];
    fields.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    // The comma, or what would stand after the last field.
    at += written.length + 1;
  }
  return fields;
}

function jsonEntries(text: string, paths: readonly JsonPath[]): ListEntry[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new ListError("the list is not JSON");
  }
  return paths.flatMap((path) => {
    const written = path.map(({ name, isEach }) => `${name}${isEach ? "[]" : ""}`).join(".");
    const found = valuesAt(root, path);
    // A path that leads nowhere is one that the publisher has renamed.
    if (found.length === 0) throw new ListError(`the list has nothing at ${written}`);
    return found.map((value, index) => ({ place: `${written} ${index + 1}`, text: textOf(value) }));
  });
}

function valuesAt(root: unknown, path: JsonPath): unknown[] {
  return path.reduce<unknown[]>(
    (values, { name, isEach }) =>
      values.flatMap((value) => {
        const member = memberOf(value, name);
        if (member === undefined) return [];
        return isEach ? (Array.isArray(member) ? member : []) : [member];
      }),
    [root],
  );
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isObject ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `${value}`.trim() : "";
}
