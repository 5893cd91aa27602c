import { acquireLease } from "./acquire-lease.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";
import { getQuota } from "./get-quota.ts";
import { getUsage } from "./get-usage.ts";
import { listWatermarks } from "./list-watermarks.ts";
import { releaseLeases } from "./release-leases.ts";

/** Binds the RPCs to what they work with. */
export function createHandlers(deps: MeteringDeps): MeteringHandlers {
  return {
    getUsage: getUsage(deps),
    getQuota: getQuota(deps),
    acquireLease: acquireLease(deps),
    releaseLeases: releaseLeases(deps),
    listWatermarks: listWatermarks(deps),
  };
}
