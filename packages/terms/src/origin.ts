/** Why a text is refused as an origin; stands after the name of the field. */
export const BAD_ORIGIN =
  "must be an origin such as https://app.example.com, or https://*.example.com for every subdomain";

/** `scheme "://" host [ ":" port ]` of RFC 6454 (section 6.2). Files have no origin in browsers. */
const SHAPE =
  /^(?!file:)([a-z][a-z\d+.-]*):\/\/(\*\.)?([^/?#@\\*\s:[\]]+|\[[a-f\d:.]+\])(:\d{1,5})?$/i;
/** A host as browsers write it in an origin. */
const HOST = /^(?:\[[a-f\d:.]+\]|[a-z\d_](?:[a-z\d._-]*[a-z\d])?)$/;
const WEB = new Set(["http", "https"]);
/** In the place of the `*` while the rest is read. */
const SOME_LABEL = "x";
const PORT_MAX = 65_535;

/**
 * The canonical form of an origin, as browsers send it: lower case, names in ASCII, without the default port. Its host may begin
 * with `*.`, which stands for one or more labels before a name of two labels or more. Undefined for any other text: `*`, `null`, a
 * path, a user.
 */
export function canonicalOrigin(text: string): string | undefined {
  const [, scheme = "", wildcard = "", host = "", port = ""] = SHAPE.exec(text) ?? [];
  if (scheme === "") return undefined;
  const canonical = WEB.has(scheme.toLowerCase())
    ? webOrigin(`${scheme}://${wildcard && `${SOME_LABEL}.`}${host}${port}`)
    : text.toLowerCase().replace("*", SOME_LABEL);
  const [, , , hostNow = "", portNow = ""] = SHAPE.exec(canonical ?? "") ?? [];
  if (canonical === undefined || !HOST.test(hostNow)) return undefined;
  if (Number(portNow.slice(1)) > PORT_MAX) return undefined;
  if (wildcard === "") return canonical;
  const isName = /^x\.(?:[^.]+\.)+[^.]*[a-z][^.]*$/.test(hostNow);
  return isName ? canonical.replace("://x.", "://*.") : undefined;
}

/** True where one entry of a list of origins allows all that the other does. Both are in canonical form. */
export function originCovers(allowed: string, asked: string): boolean {
  if (allowed === asked) return true;
  const [start, end] = allowed.split("*");
  if (start === undefined || end === undefined) return false;
  // `end` begins with a dot, so that `*.example.com` allows neither example.com nor badexample.com.
  return asked.startsWith(start) && asked.length > start.length + end.length && asked.endsWith(end);
}

function webOrigin(text: string): string | undefined {
  const origin = URL.parse(text)?.origin;
  return origin === "null" ? undefined : origin;
}
