import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { RateDecision } from "../rate/rate-limiter.ts";

/** The error of a request beyond its key's rate. */
export function rateLimited({ retryAfterMs }: RateDecision): AppError {
  return new AppError("RATE_LIMITED", {
    retryAfterMs,
    metadata: { [VIOLATED_POLICY]: "second" },
  });
}
