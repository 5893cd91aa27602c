import type { JsonValue } from "@bufbuild/protobuf";
import { TranscodeError } from "./transcode-error.ts";

/** What looks like the end of a member's name: so does the beginning of a string such as `"::1"`. */
const NAME_END = /"[\t\n\r ]*:/g;
/** A string, with the colon behind it where it is a name, or a bracket. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")([\t\n\r ]*:)?|[{}[\]]/g;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads JSON in UTF-8. RFC 8259 (section 4) leaves open which of two members of one name counts, so both in one object are a
 * mistake. Errors: TranscodeError that names the member, or the `place` of the whole where it is not JSON.
 */
export function readJson(bytes: Uint8Array, place = "body"): JsonValue {
  let text: string;
  let json: JsonValue;
  try {
    text = UTF8.decode(bytes);
    json = JSON.parse(text) as JsonValue;
  } catch (cause) {
    const description = "is not valid JSON in UTF-8";
    throw new TranscodeError([{ field: place, description }], { cause });
  }
  // As many names as members: none was lost. Anything else is looked at closely.
  if ((text.match(NAME_END)?.length ?? 0) !== countMembers(json)) {
    const field = repeatedName(text);
    if (field !== undefined) throw new TranscodeError([{ field, description: "is given twice" }]);
  }
  return json;
}

/** The members of all objects in a value. */
function countMembers(json: JsonValue): number {
  let count = 0;
  const left: JsonValue[] = [json];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) count += Object.keys(value).length;
    for (const inner of Object.values(value)) if (typeof inner === "object") left.push(inner);
  }
  return count;
}

/** The first name that an object in a valid JSON text has twice. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (quoted !== undefined && colon !== undefined) {
      const name = JSON.parse(quoted) as string;
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
