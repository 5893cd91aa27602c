import { AppError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { RateDecision } from "../rate/rate-limiter.ts";

/** The error of a request beyond the rate of its key, of its account, or of both. A network counts as both. */
export function rateLimited({ key, account }: RateDecision, principal: Principal): AppError {
  const violated = [...(key.allowed ? [] : ["key"]), ...(account.allowed ? [] : ["account"])];
  const message = sentenceOf(principal, key.allowed);
  return new AppError("RATE_LIMITED", {
    ...(message !== undefined && { message }),
    retryAfterMs: Math.max(key.retryAfterMs, account.retryAfterMs),
    metadata: { [VIOLATED_POLICY]: violated.join(",") },
  });
}

/** Undefined for that of the catalogue, which speaks of a key. */
function sentenceOf({ network }: Principal, isKeyAllowed: boolean): string | undefined {
  if (network !== undefined) return "too many requests without an API key from this address";
  return isKeyAllowed ? "too many requests with the API keys of this account" : undefined;
}
