import { VIOLATED_POLICY } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { rateLimited } from "./rate-limited.ts";

const standing = (retryAfterMs: number) => ({
  ...{ allowed: retryAfterMs === 0, retryAfterMs },
  ...{ limit: 1, remaining: 0, windowMs: 1_000, resetMs: 1_000 },
});

test.each([
  ["its key, not of its account", standing(300), standing(0), "key", 300, "with this API key"],
  ["its account", standing(0), standing(700), "account", 700, "of this account"],
  [
    "both: the longer wait counts",
    standing(300),
    standing(700),
    "key,account",
    700,
    "this API key",
  ],
])("a request beyond the rate of %s", (_whose, key, account, violated, retryAfterMs, text) => {
  const error = rateLimited({ allowed: false, key, account });
  expect(error).toMatchObject({ reason: "RATE_LIMITED", retryAfterMs });
  expect(error.metadata[VIOLATED_POLICY]).toBe(violated);
  expect(error.publicMessage).toContain(text);
});
