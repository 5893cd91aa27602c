import { invalidArgument } from "@geomesh/runtime/errors";

const IF_MATCH = "If-Match";
const ANY = "*";
/** One `entity-tag` (RFC 9110, section 8.8.3) that is not empty, in the characters of an `etag`. */
const ONE_TAG = /^[ \t]*(?:W\/)?"([!#-~]+)"[ \t]*$/;

/**
 * Reads `If-Match` (RFC 9110, section 13.1.1), of which there is one tag, because a resource has one version: the `etag` in
 * it, without its quotes. Empty for `*`, which any version of a resource matches, and where there is no such header. A weak
 * tag counts as the strong one, as what passes through a cache or a proxy may have been marked so.
 * Errors: INVALID_ARGUMENT for several tags and for what is none.
 */
export function readIfMatch(lines: readonly string[]): string {
  const [line, ...more] = lines;
  if (line === undefined) return "";
  if (more.length > 0) throw ifMatchInvalid("must be sent once");
  if (line.trim() === ANY) return "";
  const tag = ONE_TAG.exec(line)?.[1];
  if (tag === undefined)
    throw ifMatchInvalid('must be one entity tag in quotes, such as "7", or *');
  return tag;
}

/** INVALID_ARGUMENT, which names the header. */
export const ifMatchInvalid = (description: string) =>
  invalidArgument([{ field: IF_MATCH, description }]);
