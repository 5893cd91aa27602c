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
 * Two things are not supported, as no contract here uses them: variables in a variable (the definition forbids them too)
 * and `**` anywhere but at the end.
 */
export interface PathTemplate {
  readonly segments: readonly Segment[];
  /** Without its colon; empty where there is none. */
  readonly verb: string;
  readonly variables: readonly Variable[];
}

/** Text to match, `*` for any one segment, `**` for all that follow. */
export type Segment = { readonly literal: string } | "*" | "**";

/** A field that takes the segments from `start` up to, not including, `end`: Infinity after `**`. */
export interface Variable {
  readonly field: string;
  readonly start: number;
  readonly end: number;
}

const VARIABLE = /^\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)(?:=([^{}]+))?\}$/;
const LITERAL = /^[\w.~-]+$/;

/** Parses a path template. Errors: Error for malformed text. */
export function parsePathTemplate(text: string): PathTemplate {
  const [, path, verb = ""] = /^\/(.+?)(?::([\w.~-]+))?$/.exec(text) ?? [];
  if (path === undefined) throw new Error(`"${text}" is not a path template`);
  const segments: Segment[] = [];
  const variables: Variable[] = [];
  for (const part of splitOutsideBraces(path, text)) {
    const [, field, pattern = "*"] = VARIABLE.exec(part) ?? [];
    const start = segments.length;
    if (field === undefined) segments.push(parseSegment(part, text));
    else {
      segments.push(...pattern.split("/").map((each) => parseSegment(each, text)));
      variables.push({ field, start, end: segments.at(-1) === "**" ? Infinity : segments.length });
    }
  }
  if (segments.slice(0, -1).includes("**")) throw new Error(`"**" is not last in "${text}"`);
  return { segments, verb, variables };
}

/**
 * Writes the path that a template stands for, with the values of its variables percent-encoded; a value of several segments
 * keeps its slashes. Errors: Error for a template with a segment that has no variable.
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
      parts.push(...values.map(encodeURIComponent));
      at = variable.end;
    } else if (typeof segment === "object") {
      parts.push(segment.literal);
      at += 1;
    } else throw new Error(`segment ${at + 1} of the path template has no variable`);
  }
  return `/${parts.join("/")}${verb && `:${verb}`}`;
}

function splitOutsideBraces(path: string, template: string): string[] {
  const parts = path.match(/(?:\{[^}]*\}|[^/{}])+/g) ?? [];
  // Anything else between the parts, such as a second slash or a lone brace, is a mistake.
  if (parts.join("/") !== path) throw new Error(`"${template}" is not a path template`);
  return parts;
}

function parseSegment(part: string, template: string): Segment {
  if (part === "*" || part === "**") return part;
  if (!LITERAL.test(part))
    throw new Error(`"${part}" is not a segment of a path template in "${template}"`);
  return { literal: part };
}
