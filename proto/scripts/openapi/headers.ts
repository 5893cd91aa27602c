import type { Header, Reference } from "./types.ts";

const TEXT = { type: "string" } as const;

/** Every response header that calls answer with, by the name of its component. */
export const HEADERS = {
  "Content-Language": { description: "The language of the names.", schema: TEXT },
  ETag: { description: "The quoted `etag` of the resource.", required: true, schema: TEXT },
  Location: {
    description: "The path of the new resource.",
    required: true,
    schema: { type: "string", format: "uri-reference" },
  },
  "Next-Page-Token": {
    description: "Of an answer in CSV: the token of the next page; absent on the last one.",
    schema: TEXT,
  },
  RateLimit: {
    description: "What is left of each limit (draft-ietf-httpapi-ratelimit-headers-10).",
    schema: TEXT,
  },
  "RateLimit-Policy": {
    description: "The limits that apply (draft-ietf-httpapi-ratelimit-headers-10).",
    schema: TEXT,
  },
  "Retry-After": {
    description: "Seconds to wait before the next try.",
    required: true,
    schema: { type: "integer", minimum: 1 },
  },
  Vary: {
    description: "The headers of a request that its answer depends on.",
    schema: TEXT,
  },
  "WWW-Authenticate": {
    description: "How to authenticate.",
    required: true,
    schema: TEXT,
  },
  WeakETag: {
    description:
      "Of the answer, to be sent back in `If-None-Match`. The clock of a time zone goes on under it.",
    required: true,
    schema: TEXT,
  },
  "X-Request-Id": {
    description: "The id of the request: the caller's own where it is well formed.",
    required: true,
    schema: TEXT,
  },
} satisfies Record<string, Header>;

/** Components with another name than their header. */
const NAMES: Readonly<Record<string, string>> = { WeakETag: "ETag" };

/** The headers of answers that were counted against the limits. */
export const LIMIT_HEADERS = ["RateLimit", "RateLimit-Policy"] as const;

/** The headers of a response; every one has `X-Request-Id`. */
export function headerReferences(...names: (keyof typeof HEADERS)[]): Record<string, Reference> {
  const all = ["X-Request-Id", ...names].sort();
  return Object.fromEntries(
    all.map((name) => [NAMES[name] ?? name, { $ref: `#/components/headers/${name}` }]),
  );
}
