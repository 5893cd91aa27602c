import { base64Decode } from "@bufbuild/protobuf/wire";

const STANDARD = /^[A-Za-z0-9+/]*(={0,2})$/;
const URL_SAFE = /^[A-Za-z0-9_-]*(={0,2})$/;

/**
 * Reads bytes in base64 or base64url (RFC 4648), padded or not, as proto3 JSON takes them. Undefined for malformed text: with
 * both alphabets in one, white space, padding that is not complete, or a lone last character. Bits that are left over at the
 * end may be set: `-_` is one byte in the conformance tests of protobuf (BytesFieldBase64Url).
 */
export function readBase64(text: string): Uint8Array | undefined {
  const [, padding] = STANDARD.exec(text) ?? URL_SAFE.exec(text) ?? [];
  if (padding === undefined) return undefined;
  const over = text.length % 4;
  return over === 1 || (padding !== "" && over !== 0) ? undefined : base64Decode(text);
}
