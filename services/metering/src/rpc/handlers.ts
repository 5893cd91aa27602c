import type { MeteringServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import { acquireLease } from "./acquire-lease.ts";
import type { Metering } from "./contract.ts";
import { getQuota } from "./get-quota.ts";
import { getUsage } from "./get-usage.ts";
import { listWatermarks } from "./list-watermarks.ts";
import { releaseLeases } from "./release-leases.ts";

/** One handler for each RPC of the contract. */
export type MeteringHandlers = Handlers<typeof MeteringServiceService>;

/** Binds the RPCs to what they work with. */
export function createHandlers(metering: Metering): MeteringHandlers {
  return {
    getUsage: getUsage(metering),
    getQuota: getQuota(metering),
    acquireLease: acquireLease(metering),
    releaseLeases: releaseLeases(metering),
    listWatermarks: listWatermarks(metering),
  };
}
