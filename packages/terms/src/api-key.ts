import { hash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^gm_(?:live|test)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;
const DISPLAY_LENGTH = "gm_live_".length + 4;

/** Whether a key is for production or for tests; part of the key itself. */
export type ApiKeyMode = "live" | "test";

/** A new key of 178 random bits: `gm_<mode>_<30 base62><6 base62 of the CRC-32 of those 30>`. */
export function generateApiKey(mode: ApiKeyMode): string {
  const body = Array.from({ length: BODY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return `gm_${mode}_${body.join("")}${checksum(body.join(""))}`;
}

/** True if the form and the checksum are right. Says nothing about whether the key exists. */
export function isWellFormedApiKey(text: string): boolean {
  const match = SHAPE.exec(text);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

/** The beginning of every key of this form. */
const OWN_PREFIX = "gm_";
const FOREIGN_SHAPE = /^[\x21-\x7e]{16,200}$/;

/** True for what may be a key from elsewhere: 16 to 200 visible characters of ASCII that do not begin as keys of this form do. */
export function isForeignApiKey(text: string): boolean {
  return !text.startsWith(OWN_PREFIX) && FOREIGN_SHAPE.test(text);
}

/** True where what may be shown of a key says that it is from elsewhere. */
export function isForeignPrefix(displayPrefix: string): boolean {
  return displayPrefix !== "" && !displayPrefix.startsWith(OWN_PREFIX);
}

/** The mode that a well-formed key says of itself. */
export function apiKeyMode(key: string): ApiKeyMode {
  return key.startsWith("gm_test_") ? "test" : "live";
}

/** SHA-256 of the whole key: the only form in which a key is stored. */
export function apiKeyHash(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

/** The part of a key that may be shown, so that people can distinguish keys. */
export function displayPrefix(key: string): string {
  return key.slice(0, DISPLAY_LENGTH);
}

/** CRC-32 (ISO 3309) of the text in base62, left-padded with `0`: the scheme of GitHub's tokens. */
export function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  while (rest > 0) {
    digits = ALPHABET[rest % ALPHABET.length] + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits.padStart(CHECKSUM_LENGTH, "0");
}
