import { Account, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";

/** An account, a plan or a key in a change. */
export type AuthRecord = NonNullable<Change["record"]>;

/** An account as auth sends it. */
export function account(
  fields: { accountId: string; planId: string } & Partial<Pick<Account, "state">>,
): AuthRecord {
  return { $case: "account", value: Account.fromPartial(fields) };
}

/** A plan as auth sends it. */
export function plan(fields: Pick<Plan, "planId" | "monthlyQuota" | "quotaMode">): AuthRecord {
  return { $case: "plan", value: Plan.fromPartial(fields) };
}

/** A plan as auth sends it once it is deleted. */
export function deletedPlan(fields: Parameters<typeof plan>[0]): AuthRecord {
  return { $case: "deletedPlan", value: Plan.fromPartial(fields) };
}

/** A committed change. */
export function changed(revision: bigint, record: AuthRecord): Change {
  return { revision, record };
}
