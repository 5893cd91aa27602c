import type { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import type { MeteringServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import type { Clock } from "@geomesh/runtime/clock";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import type { FindAllowance } from "../follow/find-allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** What the RPCs of metering need. */
export interface MeteringDeps {
  readonly db: MeteringDatabase;
  readonly findAllowance: FindAllowance;
  /** How long the units of a grant may be spent, in milliseconds. */
  readonly leaseLifetimeMs: number;
  readonly clock: Clock;
}

/** One handler for each RPC that reads usage and quotas. */
export type MeteringHandlers = Handlers<typeof MeteringServiceService>;

/** One handler for each RPC that gateways call. */
export type LeaseHandlers = Handlers<typeof LeaseServiceService>;
