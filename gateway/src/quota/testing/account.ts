import { AccountQuota } from "../account-quota.ts";
import type { Lease } from "../lease.ts";
import type { MeteringModel } from "./metering.ts";

/** Clocks that only a test moves. */
export class Clocks {
  wall = Date.UTC(2026, 4, 15);
  monotonic = 1_000;

  pass(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
  }
}

/** What a gateway may spend of one account, over a model of metering. */
export function accountOf(metering: MeteringModel) {
  const clocks = new Clocks();
  const over: Lease[] = [];
  let lastLeaseNumber = 0n;
  const account = new AccountQuota(
    {
      metering: metering.client,
      gatewayId: "gw_a",
      epoch: 7n,
      now: () => clocks.wall,
      monotonicNow: () => clocks.monotonic,
      nextLeaseNumber: () => ++lastLeaseNumber,
      onOver: (lease) => over.push(lease),
    },
    "acct_a",
  );
  return { account, clocks, over };
}

/** Longer than any refusal stands without asking again. */
export const REFUSED_MS_MAX = 600;
