import { AppError } from "@geomesh/runtime/errors";
import { valuesOf } from "../transcode/query.ts";
import { fromTranscodeError } from "./from-transcode-error.ts";

/** The query parameter that carries a key, for callers that cannot set headers. */
export const KEY_PARAMETER = "api_key";

/** Where a request may carry its key, beside `Authorization: Bearer` and `X-API-Key`. */
export interface CredentialPlaces {
  /** Query parameters. */
  readonly parameters: readonly string[];
  /**
   * The key of `Authorization: Basic` (RFC 7617), which may be either part; without it that scheme is refused.
   * Errors: AppError.
   */
  readonly basicKey?: (user: string, password: string) => string;
}

/** The places of every API of the gateway's own. */
export const USUAL_PLACES: CredentialPlaces = { parameters: [KEY_PARAMETER] };

const AUTHORIZATION = "authorization";
const KEY_HEADER = "x-api-key";
const BEARER = /^Bearer +(\S+) *$/i;
const BASIC = /^Basic +([\w+/-]+=*) *$/i;

/**
 * Reads the key of a request: `Authorization: Bearer`, `X-API-Key`, or the query parameter `api_key`; other places where an API
 * has some. Undefined where there is none. Errors: INVALID_ARGUMENT for two that differ, also in repeated headers, and for
 * invalid percent-encoding of one in the query; KEY_INVALID for another scheme of `Authorization`; those of `basicKey`.
 */
export function readCredential(
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  query: string,
  places: CredentialPlaces = USUAL_PLACES,
): string | undefined {
  let credential: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const key = keyOf(rawHeaders[at] as string, rawHeaders[at + 1] as string, places);
    if (key !== undefined) credential = theOne(credential, key);
  }
  if (query === "") return credential;
  for (const parameter of places.parameters) {
    for (const key of keysOf(query, parameter)) credential = theOne(credential, key);
  }
  return credential;
}

function keysOf(query: string, parameter: string): readonly string[] {
  try {
    return valuesOf(query, parameter);
  } catch (error) {
    throw fromTranscodeError(error);
  }
}

function keyOf(name: string, value: string, { basicKey }: CredentialPlaces): string | undefined {
  if (name.length === KEY_HEADER.length && name.toLowerCase() === KEY_HEADER) return value;
  if (name.length !== AUTHORIZATION.length || name.toLowerCase() !== AUTHORIZATION)
    return undefined;
  const [, token] = BEARER.exec(value) ?? [];
  if (token !== undefined) return token;
  const [, basic] = (basicKey && BASIC.exec(value)) ?? [];
  if (basicKey !== undefined && basic !== undefined) {
    const [, user = "", password = ""] = USER_AND_PASSWORD.exec(decoded(basic)) ?? [];
    return basicKey(user, password);
  }
  const scheme = basicKey === undefined ? "Bearer <API key>" : "Bearer <API key>, or Basic";
  throw new AppError("KEY_INVALID", { message: `Authorization must be: ${scheme}` });
}

const USER_AND_PASSWORD = /^([^:]*):?(.*)$/s;
const decoded = (base64: string) => Buffer.from(base64, "base64").toString();

function theOne(known: string | undefined, given: string): string {
  if (known === undefined || known === given) return given;
  throw new AppError("INVALID_ARGUMENT", { message: "the request has two different API keys" });
}
