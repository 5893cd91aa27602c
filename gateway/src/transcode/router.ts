import { type PathTemplate, parsePathTemplate } from "./path-template.ts";
import { decodePercent } from "./percent-decoding.ts";

/** The text of each path variable, decoded. */
export type Variables = Record<string, string>;

/** The target of a request. */
export interface Found<T> {
  readonly target: T;
  readonly variables: Variables;
}

/** The target of a request, or the methods that the path has. */
export type Match<T> = Found<T> | { readonly methods: readonly string[] };

interface Route<T> {
  readonly method: string;
  readonly template: PathTemplate;
  readonly target: T;
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  any: Node<T> | undefined;
  /** Routes that end here; by verb, "" for none. */
  readonly routes: Map<string, Route<T>[]>;
  /** Routes that match all that follows; by verb. */
  readonly rest: Map<string, Route<T>[]>;
}

const SEGMENTS_MAX = 64;
const ENCODED = /%[0-9a-f]{2}/gi;
/** The unreserved characters of RFC 3986, which mean the same however they are written, and the colon before a verb. */
const PLAIN = /[\w.~:-]/;

/**
 * Finds the route of a path in a trie of segments; a literal segment wins over a variable one. The last segment is cut
 * at its last colon only where a route has such a verb, so that the colons of IPv6 stay in the segment. A path that has no
 * route as it is written is read once more with its letters and colons decoded.
 */
export class Router<T> {
  readonly #root = newNode<T>();
  readonly #verbs = new Set<string>();

  /** Adds a route. Errors: Error for a malformed template, or a second route of the same shape. */
  add(method: string, templateText: string, target: T): void {
    const template = parsePathTemplate(templateText);
    let node = this.#root;
    let { routes } = node;
    for (const segment of template.segments) {
      if (segment === "**") {
        routes = node.rest;
        break;
      }
      node = segment === "*" ? this.#anyOf(node) : this.#literalOf(node, segment.literal);
      routes = node.routes;
    }
    const rivals = routes.get(template.verb) ?? [];
    if (rivals.some((rival) => rival.method === method)) {
      throw new Error(`two routes for ${method} ${templateText}`);
    }
    routes.set(template.verb, [...rivals, { method, template, target }]);
    if (template.verb !== "") this.#verbs.add(template.verb);
  }

  /**
   * Finds the route of a path, which starts with `/` and has no query. Undefined for an unknown path and beyond 64 segments.
   * Errors: TranscodeError for invalid percent-encoding.
   */
  match(method: string, path: string): Match<T> | undefined {
    const written = this.#match(method, path);
    if ((written !== undefined && "target" in written) || !path.includes("%")) return written;
    const decoded = this.#match(method, withoutNeedlessEncoding(path));
    return written === undefined || (decoded && "target" in decoded) ? decoded : written;
  }

  #match(method: string, path: string): Match<T> | undefined {
    const parts = path.slice(1).split("/");
    if (parts.length > SEGMENTS_MAX) return undefined;
    const [last = "", verb] = this.#splitVerb(parts.at(-1) ?? "");
    const found =
      (verb === undefined ? undefined : this.#find([...parts.slice(0, -1), last], verb)) ??
      this.#find(parts, "");
    if (found === undefined) return undefined;
    const route = found.routes.find((each) => each.method === method);
    if (route === undefined) return { methods: found.routes.map((each) => each.method) };
    return { target: route.target, variables: readVariables(route.template, found.parts) };
  }

  #splitVerb(segment: string): [rest: string, verb?: string] {
    const colon = segment.lastIndexOf(":");
    const verb = segment.slice(colon + 1);
    return colon > 0 && this.#verbs.has(verb) ? [segment.slice(0, colon), verb] : [segment];
  }

  #find(parts: string[], verb: string): { routes: Route<T>[]; parts: string[] } | undefined {
    const routes = search(this.#root, parts, 0, verb);
    return routes && { routes, parts };
  }

  #anyOf(node: Node<T>): Node<T> {
    node.any ??= newNode();
    return node.any;
  }

  #literalOf(node: Node<T>, literal: string): Node<T> {
    const child = node.literals.get(literal) ?? newNode<T>();
    node.literals.set(literal, child);
    return child;
  }
}

function withoutNeedlessEncoding(path: string): string {
  return path.replace(ENCODED, (code) => {
    const char = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return PLAIN.test(char) ? char : code;
  });
}

function newNode<T>(): Node<T> {
  return { literals: new Map(), any: undefined, routes: new Map(), rest: new Map() };
}

function search<T>(
  node: Node<T>,
  parts: readonly string[],
  at: number,
  verb: string,
): Route<T>[] | undefined {
  const part = parts[at];
  if (part === undefined) return node.routes.get(verb) ?? node.rest.get(verb);
  const literal = node.literals.get(part);
  return (
    (literal && search(literal, parts, at + 1, verb)) ??
    // A variable does not match an empty segment: `/v1/locations/` names no location.
    (node.any && part !== "" ? search(node.any, parts, at + 1, verb) : undefined) ??
    node.rest.get(verb)
  );
}

function readVariables({ variables }: PathTemplate, parts: readonly string[]): Variables {
  const values: Variables = {};
  for (const { field, start, end } of variables) {
    const taken = parts.slice(start, end);
    // In a value of several segments an encoded slash stays encoded: it does not end a segment.
    const text = end - start === 1 ? `${taken[0]}` : taken.join("/").replace(/%(2f)/gi, "%25$1");
    values[field] = decodePercent(text, field);
  }
  return values;
}
