import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { RateDecision } from "../rate/rate-limiter.ts";

/** The error of a request beyond the rate of its key, of its account, or of both. */
export function rateLimited({ key, account }: RateDecision): AppError {
  const violated = [...(key.allowed ? [] : ["key"]), ...(account.allowed ? [] : ["account"])];
  return new AppError("RATE_LIMITED", {
    ...(key.allowed && { message: "too many requests with the API keys of this account" }),
    retryAfterMs: Math.max(key.retryAfterMs, account.retryAfterMs),
    metadata: { [VIOLATED_POLICY]: violated.join(",") },
  });
}
