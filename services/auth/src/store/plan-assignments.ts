import type { PlanAssignment } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { AccountRow, AuthDatabase, PlanAssignmentRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** Notes that an account has a plan from now on. It must have none at the moment. */
export async function beginAssignment(
  { trx, commitTime }: Changes,
  { account_id, plan_id }: Pick<AccountRow, "account_id" | "plan_id">,
): Promise<void> {
  const row = { account_id, plan_id, start_time: commitTime, end_time: null };
  await trx.insertInto("plan_assignments").values(row).execute();
}

/** Notes that an account no longer has its plan. */
export async function endAssignment(
  { trx, commitTime }: Changes,
  accountId: string,
): Promise<void> {
  const current = trx.updateTable("plan_assignments").where("account_id", "=", accountId);
  await current.where("end_time", "is", null).set({ end_time: commitTime }).execute();
}

/** A plan assignment and its number, which grows with each that is made. */
export interface NumberedAssignment {
  readonly number: bigint;
  readonly assignment: PlanAssignment;
}

/** At most `limit` plan assignments of an account after a number, in the order of time. */
export async function listPlanAssignments(
  db: AuthDatabase,
  accountId: string,
  { afterNumber, limit }: { readonly afterNumber: bigint; readonly limit: number },
): Promise<NumberedAssignment[]> {
  const query = db.selectFrom("plan_assignments").selectAll().where("account_id", "=", accountId);
  const page = query.where("assignment_number", ">", afterNumber).orderBy("assignment_number");
  return (await page.limit(limit).execute()).map(toAssignment);
}

function toAssignment(
  row: Omit<PlanAssignmentRow, "assignment_number"> & { assignment_number: bigint },
): NumberedAssignment {
  const { assignment_number: number, plan_id: planId, start_time: startTime, end_time } = row;
  return { number, assignment: { planId, startTime, endTime: end_time ?? undefined } };
}
