import { expect, test } from "vitest";
import { limitHeaders } from "./limit-headers.ts";

test("limit headers are the structured fields of the draft, in whole seconds rounded up", () => {
  const key = {
    allowed: true,
    limit: 10,
    windowMs: 1_000,
    remaining: 9,
    resetMs: 100,
    retryAfterMs: 0,
  };
  const account = { ...key, limit: 30, windowMs: 60_000, remaining: 12, resetMs: 36_001 };
  const quota = {
    limit: 10_000n,
    remaining: 9_120n,
    periodStartMs: Date.UTC(2026, 0, 1),
    periodEndMs: Date.UTC(2026, 1, 1),
  };
  expect(limitHeaders({ allowed: true, key, account }, quota, Date.UTC(2026, 0, 31))).toEqual({
    "ratelimit-policy": '"key";q=10;w=1, "account";q=30;w=60, "month";q=10000;w=2678400',
    ratelimit: '"key";r=9;t=1, "account";r=12;t=37, "month";r=9120;t=86400',
  });
  expect(limitHeaders({ allowed: true, key, account }, undefined, 0)).toEqual({
    "ratelimit-policy": '"key";q=10;w=1, "account";q=30;w=60',
    ratelimit: '"key";r=9;t=1, "account";r=12;t=37',
  });
});
