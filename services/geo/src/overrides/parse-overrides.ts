import { readFile } from "node:fs/promises";
import { parseCidr } from "../address/cidr.ts";
import { contentLines, LineError } from "../operator-files/lines.ts";
import { type OverrideEntry, OverrideTable } from "./override-table.ts";
import { readFields } from "./read-fields.ts";

/**
 * Reads a text of one JSON object a line: `network` is a CIDR block, all other members are fields of the location object
 * under their public names. Blank lines and lines that start with `#` are ignored. Errors: LineError at the first invalid
 * line.
 */
export function parseOverrides(text: string): OverrideEntry[] {
  return contentLines(text).map(({ number, content }) => {
    const entry = parseObject(content);
    if (entry === undefined) throw new LineError(number, "is not a JSON object");
    const { network, ...fields } = entry;
    const block = typeof network === "string" ? parseCidr(network) : undefined;
    if (block === undefined)
      throw new LineError(number, "has no `network` that is a CIDR block (for example 10.0.0.0/8)");
    const read = readFields(fields);
    if (typeof read === "string") throw new LineError(number, read);
    return { block, override: read, line: number };
  });
}

/** Reads a file of overrides. Errors: LineError, and those of node:fs. */
export async function readOverrides(path: string): Promise<OverrideTable> {
  return new OverrideTable(parseOverrides(await readFile(path, "utf8")));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
