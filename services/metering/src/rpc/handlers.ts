import { acquireLease } from "./acquire-lease.ts";
import type { LeaseHandlers, MeteringDeps, MeteringHandlers } from "./contract.ts";
import { forgetEpoch } from "./forget-epoch.ts";
import { getQuota } from "./get-quota.ts";
import { listEpochs } from "./list-epochs.ts";
import { listWatermarks } from "./list-watermarks.ts";
import { openEpoch } from "./open-epoch.ts";
import { queryInstallationUsage } from "./query-installation-usage.ts";
import { queryUsage } from "./query-usage.ts";
import { releaseLeases } from "./release-leases.ts";

/** Binds the RPCs that read usage and quotas to what they work with. */
export function createMeteringHandlers(deps: MeteringDeps): MeteringHandlers {
  return {
    queryUsage: queryUsage(deps),
    queryInstallationUsage: queryInstallationUsage(deps),
    getQuota: getQuota(deps),
  };
}

/** Binds the RPCs that gateways call to what they work with. */
export function createLeaseHandlers(deps: MeteringDeps): LeaseHandlers {
  return {
    openEpoch: openEpoch(deps),
    acquireLease: acquireLease(deps),
    releaseLeases: releaseLeases(deps),
    listWatermarks: listWatermarks(deps),
    listEpochs: listEpochs(deps),
    forgetEpoch: forgetEpoch(deps),
  };
}
