import { type DescMethod, ScalarType } from "@bufbuild/protobuf";
import type { OptionReader } from "./options.ts";
import type { Parameter, Reference } from "./types.ts";

const TEXT = { type: "string" } as const;

/** Headers that requests may have. */
export const HEADER_PARAMETERS = {
  "Accept-Language": {
    name: "Accept-Language",
    in: "header",
    description:
      "The languages of names that the caller likes (RFC 9110, section 12.5.4), where `language` is not given.",
    schema: TEXT,
  },
  "Idempotency-Key": {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Chosen by the caller, 1 to 255 visible ASCII characters, with or without quotes: for 24 hours a second request with " +
      "it and the same content gets the first one's answer.",
    schema: TEXT,
  },
  "If-Match": {
    name: "If-Match",
    in: "header",
    description:
      "The `ETag` of the version that is to be changed, in place of `etag`, or `*` for any (RFC 9110, section 13.1.1).",
    schema: TEXT,
  },
  "If-None-Match": {
    name: "If-None-Match",
    in: "header",
    description: "The `ETag` of an answer that the caller has (RFC 9110, section 13.1.2).",
    schema: TEXT,
  },
} satisfies Record<string, Parameter>;

/** The headers that a call reads, beside those that every call does. */
export function headerParameters(
  method: DescMethod,
  verb: string,
  options: OptionReader,
): Reference[] {
  const isRead: Readonly<Record<keyof typeof HEADER_PARAMETERS, boolean>> = {
    "Accept-Language": hasLanguage(method),
    "Idempotency-Key": takesIdempotencyKey(method, options),
    "If-Match": takesIfMatch(method),
    "If-None-Match": isRevalidated(method, verb, options),
  };
  return Object.entries(isRead)
    .filter(([, reads]) => reads)
    .map(([name]) => ({ $ref: `#/components/parameters/${name}` }));
}

/** Whether a second request with the same key gets the first one's answer. */
export function takesIdempotencyKey(method: DescMethod, options: OptionReader): boolean {
  return options.access(method)?.idempotency_key === true;
}

/** Whether a call changes the version that its caller names: its request has a text `etag`. */
export function takesIfMatch({ input }: DescMethod): boolean {
  const etag = input.fields.find(({ name }) => name === "etag");
  return etag?.fieldKind === "scalar" && etag.scalar === ScalarType.STRING;
}

/** Whether the caller chooses the language of an answer. */
export function hasLanguage({ input }: DescMethod): boolean {
  return input.fields.some(({ name }) => name === "language");
}

/**
 * Whether a call tells that its answer is the one that the caller has: a GET of JSON that costs units, which that does not. A
 * text is no longer than to say so.
 */
export function isRevalidated(method: DescMethod, verb: string, options: OptionReader): boolean {
  const { metering, media_type: mediaType } = options.access(method) ?? {};
  return verb === "get" && metering !== undefined && mediaType === undefined;
}
