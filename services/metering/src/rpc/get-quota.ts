import { Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Metering } from "../metering.ts";
import { periodOf } from "../period.ts";
import { readBalance } from "../store/periods.ts";
import type { MeteringHandlers } from "./handlers.ts";
import { checkIdentifiers } from "./request-checks.ts";

export function getQuota({ db, findAllowance, now }: Metering): MeteringHandlers["getQuota"] {
  return async ({ accountId }) => {
    checkIdentifiers({ account_id: accountId });
    const period = periodOf(now());
    const { limit, mode } = await findAllowance(accountId);
    const { used } = await readBalance(db, { accountId, periodStart: period.start });
    return {
      quota: {
        limit,
        used,
        remaining: limit > used ? limit - used : 0n,
        quotaMode: Plan_QuotaMode[mode],
        periodStartTime: period.start,
        periodEndTime: period.end,
      },
    };
  };
}
