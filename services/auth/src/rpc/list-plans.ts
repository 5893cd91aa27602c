import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { readPage } from "@geomesh/runtime/page";
import { isPlanId } from "../store/ids.ts";
import { listPlans as readPlans } from "../store/plans.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/** Lists all plans by id, in pages. */
export function listPlans({ db }: AuthDeps): AuthHandlers["listPlans"] {
  const list = {
    name: "plans",
    idOf: (plan: Plan) => plan.planId,
    isId: isPlanId,
    read: (afterId: string, limit: number) => readPlans(db, afterId, limit),
  };
  return async (request) => {
    const { items, nextPageToken } = await readPage(request, list);
    return { plans: items, nextPageToken };
  };
}
