import { AppError } from "@geomesh/runtime/errors";
import type { RateDecision } from "../rate/rate-limiter.ts";

export function rateLimited({ retryAfterMs }: RateDecision): AppError {
  return new AppError("resource_exhausted", "RATE_LIMITED", "too many requests for this key", {
    retryAfterMs,
  });
}
