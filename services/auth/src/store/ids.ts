import { randomBytes } from "node:crypto";

/** Crockford's base32 digits: no i, l, o or u, which people misread. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_CHARACTERS = 16;

const ACCOUNT_ID_PATTERN = /^acct_[0-9a-z]{13,32}$/;
const KEY_ID_PATTERN = /^key_[0-9a-z]{13,32}$/;
const PLAN_ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** A new account id of 80 random bits, such as `acct_4fzy0g2mvyr3kq7d`. */
export function newAccountId(): string {
  return `acct_${randomBase32()}`;
}

/** A new key id of 80 random bits, such as `key_8vhq2n4c0wd1m5tz`. */
export function newKeyId(): string {
  return `key_${randomBase32()}`;
}

/** True for a well-formed account id. */
export function isAccountId(text: string): boolean {
  return ACCOUNT_ID_PATTERN.test(text);
}

/** True for a well-formed key id. */
export function isKeyId(text: string): boolean {
  return KEY_ID_PATTERN.test(text);
}

/** True for a well-formed plan id. */
export function isPlanId(text: string): boolean {
  return PLAN_ID_PATTERN.test(text);
}

function randomBase32(): string {
  return Array.from(randomBytes(RANDOM_CHARACTERS), (byte) => DIGITS[byte % DIGITS.length]).join(
    "",
  );
}
