import { AppError } from "@geomesh/runtime/errors";
import { findPlan, insertPlan } from "../store/plans.ts";
import { refuseIfAny, textProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

const BATCH_SIZE_DEFAULT = 1_000;

/** Creates a plan under an id that no plan has yet. */
export function createPlan({ write }: AuthDeps): AuthHandlers["createPlan"] {
  return async (request) => {
    refuseIfAny(textProblems("name", request.name));
    const plan = await write(async (changes) => {
      if (await findPlan(changes.trx, request.planId)) throw new AppError("PLAN_EXISTS");
      const batchSizeMax = request.batchSizeMax || BATCH_SIZE_DEFAULT;
      return insertPlan(changes, { ...request, batchSizeMax });
    });
    return { plan };
  };
}
