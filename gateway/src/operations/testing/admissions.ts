import { create } from "@bufbuild/protobuf";
import { createTestClock } from "@geomesh/testing/test-clock";
import { onTestFinished } from "vitest";
import type { Principal } from "../../keys/key-table.ts";
import { startQuota } from "../../quota/quota.ts";
import { START_WALL_MS } from "../../quota/testing/account.ts";
import { MeteringModel } from "../../quota/testing/metering.ts";
import { createRateLimiter } from "../../rate/rate-limiter.ts";
import { SILENT } from "../../usage/testing/spool.ts";
import { type Admission, type Admit, createAdmissions } from "../admission.ts";
import { meteredOperation } from "./operations.ts";
import { RoomStandIn } from "./room.ts";

/** Where the units of a request are found: its account's lease holds them, or metering grants them first. */
export type AdmissionPath = "from memory" | "after metering";
export const ADMISSION_PATHS: readonly AdmissionPath[] = ["from memory", "after metering"];

/** Units of every account in a month. */
export const QUOTA_UNITS = 100_000;
/** After it, no lease holds any unit. */
const LEASE_MS = 60_000;
const LEASED_UNITS = 1_000;

/** Admissions over the real rates and the real quota; metering is a model, and the test says what there is room for. */
export function admissionsForTest() {
  const clock = createTestClock(START_WALL_MS);
  const metering = new MeteringModel(BigInt(QUOTA_UNITS));
  const quota = startQuota({
    leases: metering.client,
    spool: {
      gatewayId: "gw_a",
      epoch: 7n,
      place: Buffer.alloc(32),
      lastSequence: 17,
      durableSequence: 17,
    },
    clock,
    log: SILENT,
  });
  onTestFinished(() => quota.close());
  const limiter = createRateLimiter({ clock }, { entriesMax: 1_000 });
  const room = new RoomStandIn();
  const admissions = createAdmissions({ limiter, quota, room });
  const { admit } = admissions;
  const operation = meteredOperation("BatchGetLocations");

  return {
    ...{ clock, metering, quota, limiter, admissions, room, operation },
    /** Admits a request for so many addresses. Errors: those of `Admit`. */
    admitUnits(principal: Principal, units: number): ReturnType<Admit> {
      return admit(operation, principal, requestFor(units));
    },
    /** The same for a test that awaits, whatever the path. Rejects with the errors of `Admit`. */
    async send(principal: Principal, units: number): Promise<Admission> {
      const admitted = await admit(operation, principal, requestFor(units));
      if (!admitted.isPaid) throw new Error("the request was admitted unpaid");
      return admitted;
    },
    /** Sees to it that requests of an account go this way, as long as no units are given back to its lease. */
    async take(path: AdmissionPath, principal: Principal): Promise<void> {
      clock.advance(LEASE_MS);
      if (path === "after metering") {
        metering.grantMax = 1n;
        return;
      }
      const reservation = await quota.reserve(principal, LEASED_UNITS);
      reservation.settle(0, 0n);
    },
    /** Units of an account that no request has taken. */
    async unitsLeft(principal: Principal): Promise<number> {
      const reservation = await quota.reserve(principal, 1);
      const left = Number(reservation.remaining) + 1;
      reservation.settle(0, 0n);
      return left;
    },
    /** Requests that a key, and its account, may send at once. */
    rateLeft(principal: Principal): number[] {
      const { key, account } = limiter.ratesOf(principal).test();
      return [key, ...(account === undefined ? [] : [account])].map(
        // What remains is without the request that is tested.
        ({ allowed, remaining }) => (allowed ? remaining + 1 : 0),
      );
    },
  };
}

/** A request for so many addresses. */
export function requestFor(units: number) {
  const ipAddresses = Array.from({ length: units }, () => "192.0.2.1");
  const { input } = meteredOperation("BatchGetLocations").method;
  return create(input, { ipAddresses } as Record<string, unknown>);
}
