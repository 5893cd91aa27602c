import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  apiKeyHash,
  apiKeyMode,
  checksum,
  displayPrefix,
  generateApiKey,
  isWellFormedApiKey,
} from "./api-key.ts";

const BODY = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";

test("the checksum agrees with the published vector", () => {
  expect(checksum(BODY)).toBe("0mLq17");
  expect(isWellFormedApiKey(`gm_live_${BODY}0mLq17`)).toBe(true);
});

test.each(["live", "test"] as const)("a new %s key is well-formed and new", (mode) => {
  const keys = Array.from({ length: 200 }, () => generateApiKey(mode));
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) {
    expect(key).toMatch(new RegExp(`^gm_${mode}_[0-9A-Za-z]{36}$`));
    expect(isWellFormedApiKey(key)).toBe(true);
    expect(apiKeyMode(key)).toBe(mode);
  }
});

test.each([
  { why: "nothing", text: "" },
  { why: "a wrong checksum", text: `gm_live_${BODY}0mLq18` },
  { why: "another mode", text: `gm_prod_${BODY}0mLq17` },
  { why: "space around", text: ` gm_live_${BODY}0mLq17` },
  { why: "a line after it", text: `gm_live_${BODY}0mLq17\n` },
  { why: "no padding", text: `gm_live_${BODY}mLq17` },
])("$why is not well-formed", ({ text }) => {
  expect(isWellFormedApiKey(text)).toBe(false);
});

test("a key with any one character changed is not well-formed", () => {
  const alphabet = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];
  const key = generateApiKey("live");
  const places = fc.integer({ min: "gm_live_".length, max: key.length - 1 });
  fc.assert(
    fc.property(places, fc.constantFrom(...alphabet), (at, character) => {
      const changed = key.slice(0, at) + character + key.slice(at + 1);
      return isWellFormedApiKey(changed) === (changed === key);
    }),
  );
});

test("any text at all is judged without an exception, and refused", () => {
  const almostKeys = fc.string().map((text) => `gm_live_${text}`);
  fc.assert(fc.property(fc.oneof(fc.string(), almostKeys), (text) => !isWellFormedApiKey(text)));
});

test("the hash is SHA-256 of the whole key, and the prefix gives little away", () => {
  const key = `gm_live_${BODY}0mLq17`;
  expect(apiKeyHash(key)).toEqual(createHash("sha256").update(key).digest());
  expect(displayPrefix(key)).toBe("gm_live_zQWB");
});
