/** `scheme://authority` of a target in absolute form, which a server must accept (RFC 9112, section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** Splits a request target into path and query, both still percent-encoded. The query is without `?`; empty where there is none. */
export function splitTarget(target: string): { path: string; query: string } {
  const relative = target.startsWith("/") ? target : target.replace(ORIGIN, "");
  const cut = relative.indexOf("?");
  return cut < 0
    ? { path: relative, query: "" }
    : { path: relative.slice(0, cut), query: relative.slice(cut + 1) };
}
