import { parsePathTemplate, type Segment, type Variable } from "./path-template.ts";
import { decodePercent, decodeSegment, decodeSegments } from "./percent-decoding.ts";

/** The text of each path variable, decoded. */
export type Variables = Record<string, string>;

/** The target of a request. */
export interface Found<T> {
  readonly target: T;
  readonly variables: Variables;
}

/** The target of a request, or the methods that the path has. */
export type Match<T> = Found<T> | { readonly methods: readonly string[] };

/** The method of a route that answers every method for which its shape has no other route. */
const EVERY_METHOD = "*";

interface Route<T> {
  readonly target: T;
  readonly variables: readonly Variable[];
}

/** Routes of one shape, by method. */
type Shape<T> = Map<string, Route<T>>;

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  any: Node<T> | undefined;
  /** Of paths that end here; by verb, "" for none. */
  readonly ends: Map<string, Shape<T>>;
  /** Of paths that end here or go on; by verb. */
  readonly rest: Map<string, Shape<T>>;
}

/** What is looked up. */
interface Asked {
  readonly method: string;
  /** "" for none. */
  readonly verb: string;
  /** The segments, without the verb. */
  readonly written: readonly string[];
  /** The same decoded; undefined where the percent-encoding is invalid: no literal is equal to it. */
  readonly decoded: readonly (string | undefined)[];
}

/**
 * Finds the route of a path in a trie of segments.
 *
 * Segments and literals are compared decoded, so that `/a%2Db` is `/a-b`; an encoded slash ends no segment. A path may
 * fit several shapes. From the left, a literal wins over `*`, and that over `**`; a shape without the method is passed
 * over. In one shape, a route with the method wins over one for every method, and HEAD is answered by GET where nothing names
 * HEAD.
 *
 * The last segment is cut at its last colon only where a route has such a verb, so that the colons of IPv6 stay in the segment.
 * A path that fits a route with its verb, whatever the method, is not read without it. One that finds no target is read once
 * more with the last colon of its last segment decoded.
 *
 * A match takes time linear in the path and in the sum of the templates: it reads each segment once, and visits no node
 * of the trie twice, as only one sequence of segments leads to a node.
 */
export class Router<T> {
  readonly #root = newNode<T>();
  readonly #verbs = new Set<string>();
  readonly #nameOf: (target: T) => string;
  /** Of a path that may have a route. After `**` the size of a request is the only bound. */
  #segmentsMax = 0;

  /** Makes a router without routes; errors name a target as `nameOf` does, by default as its text. */
  constructor(nameOf: (target: T) => string = String) {
    this.#nameOf = nameOf;
  }

  /**
   * Adds a route for a method, or for every one. Errors: Error for a malformed template, and naming both targets where a
   * path of this shape has a route for the method: only literals, verb and the places of `*` and `**` tell shapes apart.
   */
  add(method: string, templateText: string, target: T): void {
    const { segments, verb, variables } = parsePathTemplate(templateText);
    const shape = this.#shapeOf(segments, verb);
    const rival = shape.get(method);
    if (rival !== undefined) {
      const [first, second] = [this.#nameOf(rival.target), this.#nameOf(target)];
      const what = `${method} ${templateText}`;
      if (first === second) throw new Error(`${first} answers ${what} twice`);
      throw new Error(`${first} and ${second} both answer ${what}`);
    }
    shape.set(method, { target, variables });
    if (verb !== "") this.#verbs.add(verb);
    const depth = segments.at(-1) === "**" ? Infinity : segments.length;
    this.#segmentsMax = Math.max(this.#segmentsMax, depth);
  }

  /**
   * Finds the route of a path, which has no query. Undefined for a path that is unknown or does not start with `/`.
   * Errors: TranscodeError for invalid percent-encoding.
   */
  match(method: string, path: string): Match<T> | undefined {
    if (!path.startsWith("/")) return undefined;
    const parts = path.slice(1).split("/");
    if (parts.length > this.#segmentsMax) return undefined;
    const isEncoded = path.includes("%");
    const decoded = isEncoded ? parts.map(decodeSegment) : parts;
    const asked = { method, verb: "", written: parts, decoded };
    const last = parts.at(-1) ?? "";
    const match = this.#matchVerb(asked, last.lastIndexOf(":"), ":") ?? this.#match(asked);
    if (!isEncoded || (match !== undefined && "target" in match)) return match;
    const encodedColon = Math.max(last.lastIndexOf("%3A"), last.lastIndexOf("%3a"));
    const other = this.#matchVerb(asked, encodedColon, "%3A");
    return match === undefined || (other !== undefined && "target" in other) ? other : match;
  }

  /** Matches a path whose verb follows a colon in the last segment. Undefined where there is no colon, or no route with the verb. */
  #matchVerb(asked: Asked, at: number, colon: ":" | "%3A"): Match<T> | undefined {
    if (at < 0) return undefined;
    const { method, written, decoded } = asked;
    const last = written.at(-1) ?? "";
    const verb = decodeSegment(last.slice(at + colon.length));
    if (verb === undefined || !this.#verbs.has(verb)) return undefined;
    const text = last.slice(0, at);
    return this.#match({
      method,
      verb,
      written: written.with(-1, text),
      decoded: decoded.with(-1, decodeSegment(text)),
    });
  }

  #match(asked: Asked): Match<T> | undefined {
    const route = findRoute(this.#root, 0, asked);
    if (route !== undefined) {
      return { target: route.target, variables: readVariables(route.variables, asked) };
    }
    const methods = new Set<string>();
    findRoute(this.#root, 0, asked, methods);
    return methods.size === 0 ? undefined : { methods: [...methods] };
  }

  #shapeOf(segments: readonly Segment[], verb: string): Shape<T> {
    let node = this.#root;
    for (const segment of segments) {
      if (segment === "**") return ensure(node.rest, verb, newShape<T>);
      if (segment !== "*") node = ensure(node.literals, segment.literal, newNode<T>);
      else {
        node.any ??= newNode();
        node = node.any;
      }
    }
    return ensure(node.ends, verb, newShape<T>);
  }
}

function newNode<T>(): Node<T> {
  return { literals: new Map(), any: undefined, ends: new Map(), rest: new Map() };
}

function newShape<T>(): Shape<T> {
  return new Map();
}

function ensure<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Finds the most specific route with the method. Notes the methods of every shape that it passes over. */
function findRoute<T>(
  node: Node<T>,
  at: number,
  asked: Asked,
  methods?: Set<string>,
): Route<T> | undefined {
  const { decoded, verb } = asked;
  if (at === decoded.length) {
    return (
      routeOf(node.ends.get(verb), asked, methods) ?? routeOf(node.rest.get(verb), asked, methods)
    );
  }
  const segment = decoded[at];
  const literal = segment === undefined ? undefined : node.literals.get(segment);
  return (
    (literal && findRoute(literal, at + 1, asked, methods)) ??
    // A variable does not match an empty segment: `/v1/locations/` names no location.
    (node.any && segment !== "" ? findRoute(node.any, at + 1, asked, methods) : undefined) ??
    routeOf(node.rest.get(verb), asked, methods)
  );
}

function routeOf<T>(
  shape: Shape<T> | undefined,
  { method }: Asked,
  methods: Set<string> | undefined,
): Route<T> | undefined {
  if (shape === undefined) return undefined;
  const route = shape.get(method) ?? (method === "HEAD" ? shape.get("GET") : undefined);
  if (route === undefined) for (const each of shape.keys()) methods?.add(each);
  return route ?? shape.get(EVERY_METHOD);
}

function readVariables(variables: readonly Variable[], { written, decoded }: Asked): Variables {
  const values: Variables = {};
  for (const { field, start, end } of variables) {
    values[field] =
      end - start === 1
        ? (decoded[start] ?? decodePercent(written[start] ?? "", field))
        : decodeSegments(written.slice(start, end).join("/"), field);
  }
  return values;
}
