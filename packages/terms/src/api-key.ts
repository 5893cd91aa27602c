import { hash, randomInt } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const LIVE_HEAD = "gm_live_";
const TEST_HEAD = "gm_test_";
const HEAD_LENGTH = LIVE_HEAD.length;
const BODY_END = HEAD_LENGTH + BODY_LENGTH;
const KEY_LENGTH = BODY_END + CHECKSUM_LENGTH;
const DISPLAY_LENGTH = HEAD_LENGTH + 4;
/** 1 for the codes of characters of base62. */
const IS_BASE62 = Uint8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.includes(String.fromCharCode(code)) ? 1 : 0,
);
/** What CRC-32 (ISO 3309) makes of each byte, by the reversed polynomial. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** Whether a key is for production or for tests; part of the key itself. */
export type ApiKeyMode = "live" | "test";

/** A new key of 178 random bits: `gm_<mode>_<30 base62><6 base62 of the CRC-32 of those 30>`. */
export function generateApiKey(mode: ApiKeyMode): string {
  const body = Array.from({ length: BODY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return `gm_${mode}_${body.join("")}${checksum(body.join(""))}`;
}

/**
 * True if the form and the checksum are right. Says nothing about whether the key exists. It is asked at every request with
 * another key than the one before, so that it looks at each character once and makes no text.
 */
export function isWellFormedApiKey(text: string): boolean {
  if (text.length !== KEY_LENGTH) return false;
  if (!text.startsWith(LIVE_HEAD) && !text.startsWith(TEST_HEAD)) return false;
  for (let at = HEAD_LENGTH; at < BODY_END; at += 1) {
    if (IS_BASE62[text.charCodeAt(at)] !== 1) return false;
  }
  let rest = crcOf(text, HEAD_LENGTH, BODY_END);
  for (let at = KEY_LENGTH - 1; at >= BODY_END; at -= 1) {
    const digit = rest % ALPHABET.length;
    if (text.charCodeAt(at) !== ALPHABET.charCodeAt(digit)) return false;
    rest = (rest - digit) / ALPHABET.length;
  }
  return true;
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
  return key.startsWith(TEST_HEAD) ? "test" : "live";
}

/** SHA-256 of the whole key: the only form in which a key is stored. */
export function apiKeyHash(key: string): Buffer {
  // By way of a text, which takes a third of the time: Node makes a buffer of its own for each hash that is asked for as one.
  return Buffer.from(hash("sha256", key, "binary"), "latin1");
}

/** The part of a key that may be shown, so that people can distinguish keys. */
export function displayPrefix(key: string): string {
  return key.slice(0, DISPLAY_LENGTH);
}

/** CRC-32 (ISO 3309) of the text in base62, left-padded with `0`: the scheme of GitHub's tokens. */
export function checksum(text: string): string {
  let rest = crcOf(text, 0, text.length);
  let digits = "";
  while (rest > 0) {
    digits = ALPHABET[rest % ALPHABET.length] + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits.padStart(CHECKSUM_LENGTH, "0");
}

/** CRC-32 of some characters of ASCII. */
function crcOf(text: string, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at += 1) {
    crc = (CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
