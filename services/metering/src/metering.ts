import type { FindAllowance } from "./find-allowance.ts";
import type { MeteringDatabase } from "./store/schema.ts";

/** What the RPCs work with. */
export interface Metering {
  readonly db: MeteringDatabase;
  readonly findAllowance: FindAllowance;
  /** How long granted units may be spent. */
  readonly leaseLifetimeMs: number;
  readonly now: () => Date;
}
