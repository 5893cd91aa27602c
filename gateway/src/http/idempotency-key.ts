import { invalidArgument } from "@geomesh/runtime/errors";

const CHARS_MAX = 255;
const QUOTE = '"';
/** A string of a structured field (RFC 9651, section 3.3.3). */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
const ESCAPED = /\\(["\\])/g;
const VISIBLE = /^[!-~]+$/;

/**
 * Reads `Idempotency-Key`, by which a client names a request that it may send again: visible ASCII characters, 255 at most, bare
 * or as a string in quotes (draft-ietf-httpapi-idempotency-key-header), which are the same key. Empty where there is no such
 * header. Errors: INVALID_ARGUMENT, also for several headers.
 */
export function readIdempotencyKey(lines: readonly string[]): string {
  const [line, ...more] = lines;
  if (line === undefined) return "";
  if (more.length > 0) throw invalid("must be sent once");
  const text = line.trim();
  const key = text.startsWith(QUOTE) ? QUOTED.exec(text)?.[1]?.replace(ESCAPED, "$1") : text;
  if (key === undefined || !VISIBLE.test(key) || key.length > CHARS_MAX) {
    throw invalid(`must be 1 to ${CHARS_MAX} visible ASCII characters, with or without quotes`);
  }
  return key;
}

const invalid = (description: string) =>
  invalidArgument([{ field: "Idempotency-Key", description }]);
