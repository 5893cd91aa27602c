import type { FindAllowance } from "../follow/find-allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** What the RPCs work with. */
export interface Metering {
  readonly db: MeteringDatabase;
  readonly findAllowance: FindAllowance;
  /** How long granted units may be spent. */
  readonly leaseLifetimeMs: number;
  readonly now: () => Date;
}
