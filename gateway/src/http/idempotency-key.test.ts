import { expect, test } from "vitest";
import { readIdempotencyKey } from "./idempotency-key.ts";

const UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324";

test.each([
  ["no header", [], ""],
  ["a bare key, as most clients send it", [UUID], UUID],
  ["a string, as the draft has it: the same key", [`"${UUID}"`], UUID],
  ["spaces around it", [` ${UUID} `], UUID],
  ["the longest", ["k".repeat(255)], "k".repeat(255)],
  ["the longest in quotes", [`"${"k".repeat(255)}"`], "k".repeat(255)],
  ["what is escaped counts once", [`"${'\\"'.repeat(255)}"`], '"'.repeat(255)],
  ["both escapes of a string", ['"a\\"b\\\\c"'], 'a"b\\c'],
  ["a backslash of a bare key is itself", ["a\\b"], "a\\b"],
])("%s", (_why, lines, expected) => {
  expect(readIdempotencyKey(lines)).toBe(expected);
});

test.each([
  ["an empty header", [""]],
  ["an empty string", ['""']],
  ["one character too many", ["k".repeat(256)]],
  ["one too many in quotes", [`"${"k".repeat(256)}"`]],
  ["a space in it, as between two keys", ["a, b"]],
  ["a space in quotes", ['"a b"']],
  ["half a quote", ['"a']],
  ["an escape of another character", ['"a\\b"']],
  ["parameters, which it has none of", ['"a";p=1']],
  ["letters beyond ASCII", ["é"]],
  ["a control character", ["a\u0007"]],
  ["two headers, even of the same key", [UUID, UUID]],
])("%s is refused, and the header is named", (_why, lines) => {
  expect(() => readIdempotencyKey(lines)).toThrow(
    expect.objectContaining({
      reason: "INVALID_ARGUMENT",
      fields: [expect.objectContaining({ field: "Idempotency-Key" })],
    }),
  );
});
