import { periodOf } from "@geomesh/terms/period";
import type { Quota, Reservation } from "../../quota/quota.ts";

const LIMIT = 1_000_000n;
const LEASE_NUMBER = 1n;

/** A quota that has units for everyone, and what became of them. */
export class QuotaStandIn implements Pick<Quota, "reserve" | "reserveNothing"> {
  /** Units asked for. */
  readonly reserved: number[] = [];
  /** How often each reservation was settled, and the units that were used. */
  readonly settled: number[] = [];
  readonly used: number[] = [];
  readonly #wallMs: number;

  /** `wallMs` is the time of what takes no unit. */
  constructor(wallMs = 0) {
    this.#wallMs = wallMs;
  }

  /** What takes no unit is neither counted nor settled. */
  reserveNothing(): Reservation {
    const { startMs, endMs } = periodOf(0);
    return {
      ...{ leaseNumber: 0n, timeMs: this.#wallMs, limit: LIMIT, remaining: LIMIT },
      ...{ periodStartMs: startMs, periodEndMs: endMs },
      settle: () => undefined,
    };
  }

  reserve(_principal: unknown, units: number): Reservation {
    const number = this.reserved.push(units) - 1;
    this.settled.push(0);
    this.used.push(0);
    const { startMs, endMs } = periodOf(0);
    return {
      ...{ leaseNumber: LEASE_NUMBER, timeMs: 0, limit: LIMIT, remaining: LIMIT },
      ...{ periodStartMs: startMs, periodEndMs: endMs },
      settle: (unitsUsed) => {
        this.settled[number] = (this.settled[number] as number) + 1;
        this.used[number] = unitsUsed;
      },
    };
  }
}
