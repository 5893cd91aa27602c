import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { periodOf } from "@geomesh/terms/period";
import { readBalance } from "../ledger/periods.ts";
import { checkIdentifiers } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

/** Answers the quota of the current month and what is used of it. */
export function getQuota({ db, findAllowance, clock }: MeteringDeps): MeteringHandlers["getQuota"] {
  return async ({ accountId }) => {
    checkIdentifiers({ account_id: accountId });
    const period = periodOf(clock.wallMs());
    const periodStart = new Date(period.startMs);
    const { limit, mode } = await findAllowance(accountId);
    const { used } = await readBalance(db, { accountId, periodStart });
    return {
      quota: {
        limit,
        used,
        remaining: limit > used ? limit - used : 0n,
        quotaMode: QuotaMode[mode],
        periodStartTime: periodStart,
        periodEndTime: new Date(period.endMs),
      },
    };
  };
}
