/** `scheme://authority` of a target in absolute form, which a server has to accept (RFC 9112, section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** Path and query of a request target, still percent-encoded. The query comes without `?`, empty where there is none. */
export function splitTarget(target: string): { path: string; query: string } {
  const relative = target.startsWith("/") ? target : target.replace(ORIGIN, "");
  const cut = relative.indexOf("?");
  return cut < 0
    ? { path: relative, query: "" }
    : { path: relative.slice(0, cut), query: relative.slice(cut + 1) };
}
