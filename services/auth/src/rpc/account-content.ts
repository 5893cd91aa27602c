import { isDeepStrictEqual } from "node:util";
import type { Account } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError, type FieldProblem } from "@geomesh/runtime/errors";
import { type AccountContent, findByExternalId, updateAccount } from "../store/accounts.ts";
import { isPlanId } from "../store/ids.ts";
import { findPlan } from "../store/plans.ts";
import type { Changes } from "../store/write.ts";
import { nameProblems, referenceProblems, textProblems } from "./checks.ts";

/** What an operator sets of an account, without the rest of it. */
export function contentOf({ name, planId, externalId, metadata }: Account): AccountContent {
  return { name, planId, externalId, metadata };
}

/** The problems of an account's texts that the rules of the contract do not state; `before` is as it was, undefined for a new one. */
export function accountProblems(
  { name, externalId, metadata }: AccountContent,
  before?: Account,
): FieldProblem[] {
  return [
    ...nameProblems("account.name", name, before?.name),
    ...referenceProblems("account.external_id", externalId, before?.externalId),
    ...Object.entries(metadata).flatMap(([key, text]) =>
      textProblems(`account.metadata["${key}"]`, text),
    ),
  ];
}

/** Refuses a plan that does not exist, and an external_id of another account. Errors: PLAN_UNKNOWN, EXTERNAL_ID_TAKEN. */
export async function requireFitting(
  { trx }: Changes,
  { planId, externalId }: AccountContent,
  before?: Account,
): Promise<void> {
  if (planId !== before?.planId) {
    const plan = isPlanId(planId) ? await findPlan(trx, planId) : undefined;
    if (plan === undefined) throw new AppError("PLAN_UNKNOWN");
  }
  if (externalId !== undefined && externalId !== before?.externalId) {
    if (await findByExternalId(trx, externalId)) throw new AppError("EXTERNAL_ID_TAKEN");
  }
}

/** Gives an open account another content; the same content changes nothing. Errors: those of `requireFitting`. */
export async function changeContent(
  changes: Changes,
  before: Account,
  content: AccountContent,
): Promise<Account> {
  if (isDeepStrictEqual(content, contentOf(before))) return before;
  await requireFitting(changes, content, before);
  return updateAccount(changes, before, content);
}
