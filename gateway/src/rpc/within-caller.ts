import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Key } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Rate } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import { type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import type { Principal } from "../keys/key-table.ts";
import { holdsScope, requireScope } from "../operations/scopes.ts";
import { toLimits } from "../rate/limits-of.ts";

const ADMIN = "admin";

/**
 * Keeps a key that is to be created within the key that asks for it, in place: what it does not state, it takes over. An
 * administrator may create any. Errors: SCOPE_MISSING, INVALID_ARGUMENT for an expiry or a rate beyond the caller's.
 */
export function keepWithinCaller(asked: Key, principal: Principal): void {
  keepScopes(asked, principal);
  if (holdsScope(principal, ADMIN)) return;
  const { expireTime, rate } = principal.key;
  const problems = [...keepExpiry(asked, expireTime), ...keepRate(asked, rate)];
  if (problems.length > 0) throw invalidArgument(problems);
}

function keepScopes(asked: Key, principal: Principal): void {
  if (asked.scopes.length === 0) {
    asked.scopes = SCOPES_DEFAULT.filter((scope) => holdsScope(principal, scope));
    // Auth would give the whole default to a key without scopes.
    if (asked.scopes.length === 0) asked.scopes = [...SCOPES_DEFAULT];
  }
  for (const scope of asked.scopes) requireScope(principal, scope);
}

function keepExpiry(asked: Key, own: Timestamp | undefined): FieldProblem[] {
  if (own === undefined) return [];
  asked.expireTime ??= own;
  if (!isLater(asked.expireTime, own)) return [];
  const until = timestampDate(own).toISOString();
  return [
    {
      field: "key.expire_time",
      description: `must not be later than that of the key that asks, ${until}`,
      reason: "timestamp.caller",
    },
  ];
}

function isLater(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds ? a.nanos > b.nanos : a.seconds > b.seconds;
}

function keepRate(asked: Key, own: Rate | undefined): FieldProblem[] {
  if (own === undefined) return [];
  asked.rate ??= own;
  const [limits, bounds] = [toLimits(asked.rate), toLimits(own)];
  if (limits.requestsPerMs <= bounds.requestsPerMs && limits.burst <= bounds.burst) return [];
  return [
    {
      field: "key.rate",
      description: "must not allow more than that of the key that asks",
      reason: "rate.caller",
    },
  ];
}
