import { expect, test } from "vitest";
import { isAccountId, isKeyId, isPlanId, newAccountId, newKeyId } from "./ids.ts";

test("10,000 new ids are all different and well formed", () => {
  const accountIds = Array.from({ length: 10_000 }, newAccountId);
  const keyIds = Array.from({ length: 10_000 }, newKeyId);
  expect(new Set([...accountIds, ...keyIds]).size).toBe(20_000);
  expect(accountIds.every(isAccountId)).toBe(true);
  expect(keyIds.every(isKeyId)).toBe(true);
});

test.each([
  ["", "nothing"],
  ["-", "the gateway's own-account sign"],
  ["acct_short", "too short"],
  [`acct_${"a".repeat(33)}`, "too long"],
  ["acct_4fzyo82mvyr3\0", "PostgreSQL takes no NUL"],
  ["acct_4fzyo82mvyr3k\n", "a line break after the id"],
  ["ACCT_4FZYO82MVYR3K", "upper case"],
  ["key_4fzyo82mvyr3k", "the id of a key"],
])("%j is no account id: %s", (text) => {
  expect(isAccountId(text)).toBe(false);
});

test.each(["", "-a", "_a", "A", "a b", "a\0", `a${"b".repeat(64)}`])("%j is no plan id", (text) => {
  expect(isPlanId(text)).toBe(false);
});
