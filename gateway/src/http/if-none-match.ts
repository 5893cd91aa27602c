const ANY = "*";
/** `entity-tag` as a member of a list (RFC 9110, sections 5.6.1 and 8.8.3), without the mark of weak ones. */
const MEMBER = /(?:^|,)[ \t]*(?:W\/)?("[!#-~\x80-\xff]*")[ \t]*(?=,|$)/g;
const WEAK = /^W\//;

/**
 * True where `If-None-Match` says that the client has what is there: by `*`, or by a list with its entity tag, which is
 * compared weakly (RFC 9110, section 13.1.2). Malformed members count for nothing.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === ANY) return true;
  const opaque = etag.replace(WEAK, "");
  for (const [, each] of ifNoneMatch.matchAll(MEMBER)) if (each === opaque) return true;
  return false;
}
