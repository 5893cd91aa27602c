import { TranscodeError } from "./transcode-error.ts";

/** Decodes the percent-encoding of a path or query. Errors: TranscodeError naming the field, for invalid percent-encoding. */
export function decodePercent(text: string, field: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new TranscodeError([{ field, description: "has invalid percent-encoding" }], { cause });
  }
}

/**
 * Decodes the value of a variable of several segments, in which `%2F` and `%2f` stay as they are, as HttpRule of
 * google/api/http.proto says: an encoded slash ends no segment. Errors: as decodePercent.
 */
export function decodeSegments(text: string, field: string): string {
  return decodePercent(text.replace(/%(2f)/gi, "%25$1"), field);
}

/** Decodes one segment of a path; undefined for invalid percent-encoding. */
export function decodeSegment(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
