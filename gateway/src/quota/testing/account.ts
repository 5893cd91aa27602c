import { createTestClock, type TestClock } from "@geomesh/testing/test-clock";
import { SILENT } from "../../usage/testing/spool.ts";
import { AccountQuota } from "../account-quota.ts";
import { ClockCheck } from "../clock-check.ts";
import type { Lease } from "../lease.ts";
import type { MeteringModel } from "./metering.ts";

/** Some day in the middle of a month. */
export const START_WALL_MS = Date.UTC(2026, 4, 15);

/** The month that it is in. */
export const START_MONTH_MS = Date.UTC(2026, 4);

/** Which of several gateways it is, where a test has more than one. */
export interface AccountPlace {
  readonly clock?: TestClock;
  /** Leases of different gateways have different numbers here, as the model does not tell gateways apart. */
  readonly lastLeaseNumber?: bigint;
  /** Default 1. */
  readonly workers?: number;
}

/** What a gateway may spend of one account, over a model of metering. */
export function accountOf(metering: MeteringModel, place: AccountPlace = {}) {
  const { clock = createTestClock(START_WALL_MS), workers = 1 } = place;
  const over: Lease[] = [];
  let { lastLeaseNumber = 0n } = place;
  const account = new AccountQuota(
    {
      leases: metering.client,
      gatewayId: "gw_a",
      epoch: 7n,
      opening: {
        nonce: new Uint8Array(16),
        isOpen: true,
        opened: () => Promise.resolve(),
        refused: () => undefined,
        recheck: () => Promise.resolve(),
      },
      check: new ClockCheck({ clock, log: SILENT }),
      workers,
      clock,
      nextLeaseNumber: () => ++lastLeaseNumber,
      onOver: (lease) => over.push(lease),
    },
    "acct_a",
  );
  return { account, clock, over };
}

/** Longer than any refusal stands without asking again. */
export const REFUSED_MS_MAX = 600;
