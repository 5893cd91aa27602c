import { VIOLATED_POLICY } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import { rateLimited } from "./rate-limited.ts";
import { principalForTest } from "./testing/principal.ts";

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
  const error = rateLimited({ allowed: false, key, account }, principalForTest());
  expect(error).toMatchObject({ reason: "RATE_LIMITED", retryAfterMs });
  expect(error.metadata[VIOLATED_POLICY]).toBe(violated);
  expect(error.publicMessage).toContain(text);
});

test("a request without a key is not told of one", () => {
  const principal = { ...principalForTest(), network: "192.0.2.1" };
  const [key, account] = [standing(300), standing(0)];
  const error = rateLimited({ allowed: false, key, account }, principal);
  expect(error.publicMessage).toBe("too many requests without an API key from this address");
  expect(error.metadata[VIOLATED_POLICY]).toBe("key");
});
