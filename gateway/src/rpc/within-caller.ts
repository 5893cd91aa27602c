import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Key } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { Rate } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import { type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";
import { canonicalCidr, cidrCovers } from "@geomesh/terms/cidr";
import { canonicalOrigin, originCovers } from "@geomesh/terms/origin";
import { SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import type { Principal } from "../keys/key-table.ts";
import { holdsScope, requireScope } from "../operations/scopes.ts";
import { toLimits } from "../rate/limits-of.ts";

const ADMIN = "admin";

/** Whether the key that asks is bound by what it may do itself: all are but those of administrators. */
export function isBound(principal: Principal): boolean {
  return !holdsScope(principal, ADMIN);
}

/**
 * Keeps a key that is to be created or changed within the key that asks for it, in place: what it does not state, it takes over, of
 * those fields that the request is about. An administrator may make any. Errors: SCOPE_MISSING, INVALID_ARGUMENT for an end, a rate,
 * addresses or origins beyond the caller's.
 */
export function keepWithinCaller(
  asked: Key,
  principal: Principal,
  isAbout: (field: string) => boolean = () => true,
): void {
  if (asked.scopes.length === 0) asked.scopes = scopesOf(principal);
  if (isBound(principal)) {
    const { expireTime, rate, allowedCidrs, allowedOrigins } = principal.key;
    if (expireTime !== undefined && isAbout("expire_time")) asked.expireTime ??= expireTime;
    if (rate !== undefined && isAbout("rate")) asked.rate ??= rate;
    const isAboutCidrs = asked.allowedCidrs.length === 0 && isAbout("allowed_cidrs");
    if (isAboutCidrs) asked.allowedCidrs = [...allowedCidrs];
    const isAboutOrigins = asked.allowedOrigins.length === 0 && isAbout("allowed_origins");
    if (isAboutOrigins) asked.allowedOrigins = [...allowedOrigins];
  }
  requireWithinCaller(asked, principal);
}

/**
 * Refuses a key that may do more than the key that asks. An administrator may have any. Errors: SCOPE_MISSING, INVALID_ARGUMENT, as
 * `keepWithinCaller`.
 */
export function requireWithinCaller(asked: Key, principal: Principal): void {
  for (const scope of asked.scopes) requireScope(principal, scope);
  if (!isBound(principal)) return;
  const { expireTime, rate, allowedCidrs, allowedOrigins } = principal.key;
  const problems = [
    ...expiryProblems(asked.expireTime, expireTime),
    ...rateProblems(asked.rate, rate),
    ...listProblems(asked.allowedCidrs, allowedCidrs, CIDRS),
    ...listProblems(asked.allowedOrigins, allowedOrigins, ORIGINS),
  ];
  if (problems.length > 0) throw invalidArgument(problems);
}

/** Auth would give the whole default to a key without scopes. */
function scopesOf(principal: Principal): string[] {
  const held = SCOPES_DEFAULT.filter((scope) => holdsScope(principal, scope));
  return held.length > 0 ? held : [...SCOPES_DEFAULT];
}

function expiryProblems(asked: Timestamp | undefined, own: Timestamp | undefined): FieldProblem[] {
  if (own === undefined || (asked !== undefined && !isLater(asked, own))) return [];
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

function rateProblems(asked: Rate | undefined, own: Rate | undefined): FieldProblem[] {
  if (own === undefined || (asked !== undefined && isWithin(asked, own))) return [];
  return [
    {
      field: "key.rate",
      description: "must not allow more than that of the key that asks",
      reason: "rate.caller",
    },
  ];
}

function isWithin(asked: Rate, own: Rate): boolean {
  const [limits, bounds] = [toLimits(asked), toLimits(own)];
  return limits.requestsPerMs <= bounds.requestsPerMs && limits.burst <= bounds.burst;
}

/** A kind of list of which none means any. */
interface Bounds {
  readonly field: string;
  readonly what: string;
  readonly reason: string;
  readonly canonical: (text: string) => string | undefined;
  readonly covers: (outer: string, inner: string) => boolean;
}

const CIDRS: Bounds = {
  field: "key.allowed_cidrs",
  what: "addresses",
  reason: "cidr.caller",
  canonical: canonicalCidr,
  covers: cidrCovers,
};
const ORIGINS: Bounds = {
  field: "key.allowed_origins",
  what: "origins",
  reason: "origin.caller",
  canonical: canonicalOrigin,
  covers: originCovers,
};

/** What is malformed is left to auth, which says so. */
function listProblems(asked: readonly string[], own: readonly string[], bounds: Bounds) {
  const { field, what, reason, canonical, covers } = bounds;
  if (own.length === 0) return [];
  const description = `must allow no ${what} beyond those of the key that asks`;
  if (asked.length === 0) return [{ field, description, reason }];
  return asked.flatMap((text, index): FieldProblem[] => {
    const value = canonical(text);
    const isCovered = value === undefined || own.some((allowed) => covers(allowed, value));
    return isCovered ? [] : [{ field: `${field}[${index}]`, description, reason }];
  });
}
