import type { KeyTable } from "../keys/key-table.ts";
import { holdsOrigin } from "../keys/origins.ts";
import type { KnownKey } from "../keys/record-forms.ts";
import type { Headers } from "./exchange.ts";
import { onlyHeader } from "./header-lines.ts";

/** In a list of allowed origins: every origin, that of pages which have none (`null`) included. */
export const ANY_ORIGIN = "*";

const ORIGIN = "origin";
const REQUEST_METHOD = "access-control-request-method";
const REQUEST_HEADERS = "access-control-request-headers";
/** How long a browser may remember what a preflight allowed; the most that Chromium keeps. */
const MAX_AGE_SECONDS = 7_200;
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Headers that scripts may send beside those of Connect and gRPC: those that the API takes. */
const TAKEN_HEADERS: ReadonlySet<string> = new Set([
  ...["accept", "accept-encoding", "accept-language", "authorization", "content-encoding"],
  ...["content-type", "idempotency-key", "if-match", "if-none-match", "traceparent", "tracestate"],
  ...["x-api-key", "x-grpc-web", "x-request-id", "x-user-agent"],
]);
const RPC_HEADER = /^(?:connect|grpc)-[a-z-]{1,32}$/;

/** Headers of answers that scripts may read beside those that every script may (Fetch Standard, CORS-safelisted). */
const EXPOSED_HEADERS = [
  ...["x-request-id", "ratelimit", "ratelimit-policy", "retry-after", "etag", "location"],
  ...["content-language", "content-encoding", "content-disposition", "allow", "accept-post"],
  ...[
    "www-authenticate",
    "server-timing",
    "next-page-token",
    "x-rl",
    "x-ttl",
    "grpc-status",
    "grpc-message",
  ],
  ...["grpc-status-details-bin", "grpc-encoding", "grpc-accept-encoding"],
  ...["connect-content-encoding", "connect-accept-encoding"],
].join(", ");

/** `scheme "://" host [ ":" port ]` of RFC 6454 (section 6.2) in ASCII. Files have no origin in browsers. */
const SERIALIZED =
  /^(?!file:)[a-z][a-z\d+.-]*:\/\/(?:\[[a-f\d:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)(?::\d{1,5})?$/;

/** A request as this is asked about it. */
export interface CorsRequest {
  readonly rawHeaders: readonly string[];
}

/** Which origins keys allow. */
export type OriginsOfKeys = Pick<KeyTable, "originsCount" | "allowsOrigin">;

const NO_ORIGINS: OriginsOfKeys = { originsCount: 0, allowsOrigin: () => false };

/** Which web pages may read answers of the gateway (Fetch Standard, CORS protocol). */
export interface Cors {
  /**
   * Headers of an answer, whatever it is, to a request with that key; undefined for none, and where its key is not known. It is
   * asked when the answer is written. Undefined where no answer can have any.
   */
  answerHeaders(request: CorsRequest, key: KnownKey | undefined): Headers | undefined;
  /**
   * Headers of the answer to OPTIONS that is a preflight of an allowed origin, beside those of every answer. Undefined for any
   * other OPTIONS.
   */
  preflightHeaders(request: CorsRequest): Headers | undefined;
}

/**
 * Creates the answer to which pages may read what: those of the serialized origins that may with every key, or `*`, and those
 * that the key of the request allows. A preflight shows no key, so that one of an origin is answered which any key allows.
 * Answers never allow cookies and other credentials of browsers, nor requests into private networks: keys are all that counts
 * here, and scripts send them themselves. Every answer varies by the origin, so that no cache keeps that to one page for another.
 */
export function createCors(origins: readonly string[], ofKeys: OriginsOfKeys = NO_ORIGINS): Cors {
  const anyone = origins.includes(ANY_ORIGIN) ? allowing(ANY_ORIGIN) : undefined;
  const listed = new Map(origins.map((origin) => [origin, allowing(origin)]));

  /** What the operator allows with every key. */
  const allowedAlways = (origin: string): Headers | undefined => anyone ?? listed.get(origin);

  /** The one place that decides about an origin. */
  function allowedBy(origin: string | undefined, key: KnownKey | undefined): Headers | undefined {
    if (origin === undefined) return undefined;
    const always = allowedAlways(origin);
    if (always !== undefined || key === undefined || key.allowedOrigins.length === 0) return always;
    const has = (each: string) => key.allowedOrigins.includes(each);
    return holdsOrigin({ has }, origin) ? allowing(origin) : undefined;
  }

  return {
    answerHeaders({ rawHeaders }, key) {
      if (listed.size === 0 && ofKeys.originsCount === 0) return undefined;
      return allowedBy(onlyHeader(rawHeaders, ORIGIN), key) ?? NOT_ALLOWED;
    },
    preflightHeaders({ rawHeaders }) {
      const origin = onlyHeader(rawHeaders, ORIGIN);
      if (origin === undefined || onlyHeader(rawHeaders, REQUEST_METHOD) === undefined) {
        return undefined;
      }
      const isAlways = allowedAlways(origin) !== undefined;
      if (!isAlways && !ofKeys.allowsOrigin(origin)) return undefined;
      const headers = takenOf(onlyHeader(rawHeaders, REQUEST_HEADERS) ?? "");
      return {
        // Every answer has this header where the operator allows the origin.
        ...(!isAlways && { "access-control-allow-origin": origin }),
        "access-control-allow-methods": METHODS,
        ...(headers !== "" && { "access-control-allow-headers": headers }),
        "access-control-max-age": `${MAX_AGE_SECONDS}`,
        vary: "Access-Control-Request-Method, Access-Control-Request-Headers",
      };
    },
  };
}

const NOT_ALLOWED: Headers = { vary: "Origin" };

const allowing = (origin: string): Headers => ({
  "access-control-allow-origin": origin,
  "access-control-expose-headers": EXPOSED_HEADERS,
  ...NOT_ALLOWED,
});

/** Those of the listed headers that the API takes. */
function takenOf(asked: string): string {
  const names = asked.split(",").map((name) => name.trim().toLowerCase());
  const taken = names.filter((name) => TAKEN_HEADERS.has(name) || RPC_HEADER.test(name));
  return [...new Set(taken)].join(", ");
}

/** What is wrong with an allowed origin; undefined for `*` and for an origin as browsers send it. */
export function originProblem(text: string): string | undefined {
  if (text === ANY_ORIGIN || isOrigin(text)) return undefined;
  const meant = URL.parse(text)?.origin ?? "";
  const example = isOrigin(meant) ? meant : "https://app.example";
  return `"${text}" is not an origin as browsers send it (for example ${example})`;
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  // It knows no origin of schemes that are not of the web, such as those of apps.
  return url !== null && SERIALIZED.test(text) && (url.origin === text || url.origin === "null");
}
