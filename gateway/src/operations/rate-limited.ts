import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { RateDecision } from "../rate/rate-limiter.ts";

export function rateLimited({ retryAfterMs }: RateDecision): AppError {
  return new AppError("RATE_LIMITED", {
    message: "too many requests for this key",
    retryAfterMs,
    metadata: { [VIOLATED_POLICY]: "second" },
  });
}
