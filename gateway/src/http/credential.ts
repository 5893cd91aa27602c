import { AppError } from "@geomesh/runtime/errors";
import { valuesOf } from "../transcode/query.ts";
import { fromTranscodeError } from "./from-transcode-error.ts";

/** The query parameter that carries a key, for callers that cannot set headers. */
export const KEY_PARAMETER = "api_key";

const AUTHORIZATION = "authorization";
const KEY_HEADER = "x-api-key";
const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Reads the key of a request: `Authorization: Bearer`, `X-API-Key`, or the query parameter `api_key`. Undefined where
 * there is none. Errors: INVALID_ARGUMENT for two that differ, also in repeated headers, and for invalid percent-encoding
 * of one in the query; KEY_INVALID for another scheme of `Authorization`.
 */
export function readCredential(
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  query: string,
): string | undefined {
  let credential: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const key = keyOf(rawHeaders[at] as string, rawHeaders[at + 1] as string);
    if (key !== undefined) credential = theOne(credential, key);
  }
  if (query === "") return credential;
  for (const key of keysOf(query)) credential = theOne(credential, key);
  return credential;
}

function keysOf(query: string): readonly string[] {
  try {
    return valuesOf(query, KEY_PARAMETER);
  } catch (error) {
    throw fromTranscodeError(error);
  }
}

function keyOf(name: string, value: string): string | undefined {
  if (name.length === KEY_HEADER.length && name.toLowerCase() === KEY_HEADER) return value;
  if (name.length !== AUTHORIZATION.length || name.toLowerCase() !== AUTHORIZATION)
    return undefined;
  const [, token] = BEARER.exec(value) ?? [];
  if (token !== undefined) return token;
  throw new AppError("KEY_INVALID", { message: "Authorization must be: Bearer <API key>" });
}

function theOne(known: string | undefined, given: string): string {
  if (known === undefined || known === given) return given;
  throw new AppError("INVALID_ARGUMENT", { message: "the request has two different API keys" });
}
