/**
 * A path template of `google.api.http`, as google/api/http.proto defines it
 * (https://github.com/googleapis/googleapis/blob/master/google/api/http.proto):
 *
 *     Template = "/" Segments [ Verb ] ;
 *     Segments = Segment { "/" Segment } ;
 *     Segment  = "*" | "**" | LITERAL | Variable ;
 *     Variable = "{" FieldPath [ "=" Segments ] "}" ;
 *     FieldPath = IDENT { "." IDENT } ;
 *     Verb     = ":" LITERAL ;
 *
 * The definition leaves LITERAL and IDENT open. Here a LITERAL is a segment of RFC 3986, section 3.3: letters, digits,
 * `-._~!$&'()+,;=:@`, and anything else percent-encoded in UTF-8. Two characters are text only when they are encoded: `*`,
 * and in the last segment, where it begins the verb, `:`. A verb has no colon, encoded or not. An IDENT is a name of
 * protobuf: letters, digits and `_`, no digit first. The field `__proto__` is refused: a JavaScript object holds no text by it.
 */
export interface PathTemplate {
  readonly segments: readonly Segment[];
  /** Decoded and without its colon; empty where there is none. */
  readonly verb: string;
  readonly variables: readonly Variable[];
}

/** Text to match, decoded; `*` for any one segment, `**` for all that follow. */
export type Segment = { readonly literal: string } | "*" | "**";

/** A field that takes the segments from `start` up to, not including, `end`: Infinity after `**`. */
export interface Variable {
  readonly field: string;
  readonly start: number;
  readonly end: number;
}

const SEGMENTS_MAX = 1_000;
const WITH_VERB = /^(\{[^}]*\}|[^:]*)(?::(.*))?$/s;
const VARIABLE = /^\{([^=]*)(?:=(.*))?\}$/s;
const FIELD_PATH = /^(?!__proto__$)[a-z_]\w*(?:\.[a-z_]\w*)*$/i;
const LITERAL = /^(?:[\w.~!$&'()+,;=:@-]|%[0-9a-f]{2})+$/i;

/**
 * Parses a path template. Errors: Error for malformed text, `**` that is not last, more than 1,000 segments, and variables of
 * which one sets what another sets: the same field, or a field inside it.
 */
export function parsePathTemplate(text: string): PathTemplate {
  const parts = splitOutsideBraces(text);
  const [, last = "", verb] = WITH_VERB.exec(parts.pop() ?? "") ?? [];
  const segments: Segment[] = [];
  const variables: Variable[] = [];
  for (const part of [...parts, last]) {
    const [, field, pattern = "*"] = VARIABLE.exec(part) ?? [];
    const start = segments.length;
    if (field === undefined) segments.push(parseSegment(part, text));
    else {
      if (!FIELD_PATH.test(field)) throw new Error(`"${field}" is not a field path in "${text}"`);
      for (const each of pattern.split("/")) segments.push(parseSegment(each, text));
      variables.push({ field, start, end: segments.at(-1) === "**" ? Infinity : segments.length });
    }
  }
  const rest = segments.indexOf("**");
  if (rest >= 0 && rest < segments.length - 1) throw new Error(`"**" is not last in "${text}"`);
  if (segments.length > SEGMENTS_MAX) {
    throw new Error(`a path template has ${segments.length} segments, more than ${SEGMENTS_MAX}`);
  }
  refuseRivals(variables, text);
  return { segments, verb: verb === undefined ? "" : parseVerb(verb, text), variables };
}

/**
 * Writes the path that a template stands for, percent-encoded but for letters, digits and `-._~`; the slashes in the value of
 * a variable of several segments are kept. A value has to fit its variable, or the path is another: no value of one segment is
 * empty, for example. Errors: Error for a template with a segment that has no variable; URIError for half of a surrogate pair.
 */
export function expandPath(
  { segments, variables, verb }: PathTemplate,
  valueFor: (field: string) => string,
): string {
  const parts: string[] = [];
  for (let at = 0; at < segments.length; ) {
    const segment = segments[at];
    const variable = variables.find(({ start }) => start === at);
    if (variable !== undefined) {
      const value = valueFor(variable.field);
      const values = variable.end - at === 1 ? [value] : value.split("/");
      parts.push(values.map(encodePercent).join("/"));
      at = variable.end;
    } else if (typeof segment === "object") {
      parts.push(encodePercent(segment.literal));
      at += 1;
    } else throw new Error(`segment ${at + 1} of the path template has no variable`);
  }
  return `/${parts.join("/")}${verb && `:${encodePercent(verb)}`}`;
}

function splitOutsideBraces(template: string): string[] {
  const parts = template.match(/(?:\{[^}]*\}|[^/{}])+/g) ?? [];
  // Anything else before and between the parts, such as a second slash or a lone brace, is a mistake.
  if (template === "/" || `/${parts.join("/")}` !== template) {
    throw new Error(`"${template}" is not a path template`);
  }
  return parts;
}

function parseSegment(part: string, template: string): Segment {
  if (part === "*" || part === "**") return part;
  return { literal: decodeLiteral(part, `a segment of a path template in "${template}"`) };
}

function parseVerb(text: string, template: string): string {
  const role = `a verb of a path template in "${template}"`;
  const verb = decodeLiteral(text, role);
  if (verb.includes(":")) throw new Error(`"${text}" is not ${role}: it has a colon`);
  return verb;
}

function decodeLiteral(text: string, role: string): string {
  if (!LITERAL.test(text)) throw new Error(`"${text}" is not ${role}`);
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Error(`"${text}" is not ${role}: its escapes are not UTF-8`, { cause });
  }
}

/** Sorted, a field is next to what is inside it: no character of a name sorts before the dot. */
function refuseRivals(variables: readonly Variable[], template: string): void {
  const fields = variables.map(({ field }) => field).sort();
  for (const [at, field] of fields.entries()) {
    const next = fields[at + 1];
    if (next === field) throw new Error(`{${field}} is not alone in "${template}"`);
    if (next?.startsWith(`${field}.`)) {
      throw new Error(`{${next}} is not alone in "${template}": {${field}} sets it as well`);
    }
  }
}

/** `encodeURIComponent` leaves these five as they are, and google/api/http.proto does not. */
function encodePercent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
