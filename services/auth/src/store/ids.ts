import { randomBytes } from "node:crypto";

/** Crockford's base32 digits: no i, l, o or u, which people misread. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_CHARACTERS = 16;

const ACCOUNT_ID_PATTERN = /^acct_[0-9a-z]{13,32}$/;
const KEY_ID_PATTERN = /^key_[0-9a-z]{13,32}$/;
const PLAN_ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Such as `acct_4fzy0g2mvyr3kq7d`: 80 random bits. */
export function newAccountId(): string {
  return `acct_${randomBase32()}`;
}

/** Such as `key_8vhq2n4c0wd1m5tz`: 80 random bits. */
export function newKeyId(): string {
  return `key_${randomBase32()}`;
}

export function isAccountId(text: string): boolean {
  return ACCOUNT_ID_PATTERN.test(text);
}

export function isKeyId(text: string): boolean {
  return KEY_ID_PATTERN.test(text);
}

export function isPlanId(text: string): boolean {
  return PLAN_ID_PATTERN.test(text);
}

function randomBase32(): string {
  return Array.from(randomBytes(RANDOM_CHARACTERS), (byte) => DIGITS[byte % DIGITS.length]).join(
    "",
  );
}
