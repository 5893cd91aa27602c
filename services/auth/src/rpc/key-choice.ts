import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { BAD_CIDR, canonicalCidr } from "@geomesh/terms/cidr";
import { BAD_ORIGIN, canonicalOrigin } from "@geomesh/terms/origin";
import { isTestScope, SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import type { KeyChoice } from "../store/change-keys.ts";
import type { KeyRow } from "../store/schema.ts";
import { nameProblems, refuseIfAny, textProblems, timeProblems } from "./checks.ts";

/** What a key is compared with. */
export interface KeyChoiceOptions {
  /** The present time, in milliseconds since 1970. */
  readonly wallMs: number;
  /** The key that is to be changed; undefined for a new one. */
  readonly before?: KeyRow | undefined;
}

/**
 * What the owner of a key asks for, in canonical form and with the default scopes. An end in the past is refused, unless the key
 * has it already. Errors: INVALID_ARGUMENT with all mistakes that `buf.validate` does not say.
 */
export function keyChoice(asked: Key, options: KeyChoiceOptions): KeyChoice {
  const cidrs = canonical(asked.allowedCidrs, canonicalCidr, {
    field: "key.allowed_cidrs",
    description: BAD_CIDR,
    reason: "cidr",
  });
  const origins = canonical(asked.allowedOrigins, canonicalOrigin, {
    field: "key.allowed_origins",
    description: BAD_ORIGIN,
    reason: "origin",
  });
  const scopes = asked.scopes.length > 0 ? asked.scopes : [...SCOPES_DEFAULT];
  refuseIfAny([
    ...nameProblems("key.name", asked.name, options.before?.name),
    ...metadataProblems(asked.metadata),
    ...expiryProblems(asked, options),
    ...modeProblems({ ...asked, scopes }, options),
    ...cidrs.problems,
    ...origins.problems,
  ]);
  const { name, expireTime, notBeforeTime, rate, metadata } = asked;
  const limits = { allowedCidrs: cidrs.values, allowedOrigins: origins.values };
  return { name, scopes, expireTime, notBeforeTime, rate, metadata, ...limits };
}

/** Each once, in the order of the request. */
function canonical(
  texts: readonly string[],
  read: (text: string) => string | undefined,
  problem: FieldProblem,
): { readonly values: string[]; readonly problems: FieldProblem[] } {
  const values = new Set<string>();
  const problems: FieldProblem[] = [];
  for (const [index, text] of texts.entries()) {
    const value = read(text);
    if (value === undefined) problems.push({ ...problem, field: `${problem.field}[${index}]` });
    else values.add(value);
  }
  return { values: [...values], problems };
}

function metadataProblems(metadata: Key["metadata"]): FieldProblem[] {
  return Object.entries(metadata).flatMap(([name, text]) =>
    textProblems(`key.metadata["${name}"]`, text),
  );
}

function expiryProblems(
  { expireTime, notBeforeTime }: Key,
  { wallMs, before }: KeyChoiceOptions,
): FieldProblem[] {
  const problems = [
    ...timeProblems("key.expire_time", expireTime),
    ...timeProblems("key.not_before_time", notBeforeTime),
  ];
  const isAsBefore = expireTime?.getTime() === before?.expire_time?.getTime();
  if (expireTime && !isAsBefore && expireTime.getTime() <= wallMs) {
    problems.push({
      field: "key.expire_time",
      description: "must be in the future",
      reason: "timestamp.gt_now",
    });
  }
  if (expireTime && notBeforeTime && expireTime <= notBeforeTime) {
    problems.push({
      field: "key.expire_time",
      description: "must be later than key.not_before_time",
    });
  }
  return problems;
}

function modeProblems(
  { mode, scopes }: Pick<Key, "mode" | "scopes">,
  { before }: KeyChoiceOptions,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (before && mode !== KeyMode.KEY_MODE_UNSPECIFIED && mode !== KeyMode[before.mode]) {
    problems.push({
      field: "key.mode",
      description: "cannot be changed; create another key",
      reason: "immutable",
    });
  }
  const isTest = before === undefined ? mode === KeyMode.TEST : before.mode === "TEST";
  if (isTest && !scopes.every(isTestScope)) {
    problems.push({
      field: "key.scopes",
      description: "of a test key must end in :read",
      reason: "scopes.test_key",
    });
  }
  return problems;
}
