import { readPage } from "@geomesh/runtime/page";
import {
  type NumberedAssignment,
  listPlanAssignments as readAssignments,
} from "../store/plan-assignments.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/** A positive bigint of PostgreSQL. */
const NUMBER_PATTERN = /^[1-9]\d{0,17}$/;

/** Lists the plans that an account had and has, in pages. */
export function listPlanAssignments({ db }: AuthDeps): AuthHandlers["listPlanAssignments"] {
  return async (request) => {
    const { accountId } = await requireAccount(db, request.accountId);
    const { items, nextPageToken } = await readPage(request, {
      name: `plan assignments of ${accountId}`,
      idOf: ({ number }: NumberedAssignment) => `${number}`,
      isId: (text) => NUMBER_PATTERN.test(text),
      read: (after, limit) =>
        readAssignments(db, accountId, { afterNumber: BigInt(after || "0"), limit }),
    });
    return { planAssignments: items.map(({ assignment }) => assignment), nextPageToken };
  };
}
