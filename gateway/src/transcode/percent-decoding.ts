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
