import type { Account } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { countKeys } from "../store/keys.ts";
import { findPlan } from "../store/plans.ts";
import type { Changes } from "../store/write.ts";

const DAY_MS = 86_400_000;
/** Keys that an account may create in a day for each that it may have at once: all can be replaced once. */
const CREATED_A_DAY_FACTOR = 2;
const CREATED_A_DAY_MIN = 20;

/** What is asked for. */
export interface KeyRoomOptions {
  /** False for a key that is there already; default is true. */
  readonly isNew?: boolean;
  /** Keys that end at once in exchange; default is 0. */
  readonly freed?: number;
}

/**
 * Refuses one more key of an account that has as many as its plan allows: all count but those that are revoked or expired, so
 * disabled ones too, and those that a rotation replaced until their overlap ends. It also bounds how many are created in 24 hours,
 * since every gateway keeps revoked keys in memory. Errors: PLAN_FORBIDDEN.
 */
export async function requireKeyRoom(
  { trx, commitTime }: Changes,
  { accountId, planId }: Account,
  { isNew = true, freed = 0 }: KeyRoomOptions = {},
): Promise<void> {
  const plan = await findPlan(trx, planId);
  if (plan === undefined) throw new Error(`the account ${accountId} has no plan`);
  const dayAgo = new Date(commitTime.getTime() - DAY_MS);
  const { valid, created } = await countKeys(trx, accountId, { now: commitTime, since: dayAgo });
  if (valid - freed >= plan.keysMax) {
    throw new AppError("PLAN_FORBIDDEN", {
      message: `the plan allows ${plan.keysMax} keys at once, and the account has ${valid}; revoke one first`,
    });
  }
  const createdMax = Math.max(CREATED_A_DAY_MIN, CREATED_A_DAY_FACTOR * plan.keysMax);
  if (isNew && created >= createdMax) {
    throw new AppError("PLAN_FORBIDDEN", {
      message: `the plan allows ${createdMax} new keys in 24 hours, and the account created ${created}`,
    });
  }
}
