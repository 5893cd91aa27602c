import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { failureLevel } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { returnExpired } from "./lease-returns.ts";
import type { MeteringDatabase } from "./schema.ts";

const SWEEP_MS = 1_000;
const EPOCHS_MAX = 100;

/** What the return of expired leases works with. */
export interface ExpiredLeasesDeps {
  readonly db: MeteringDatabase;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts to return, once a second, leases whose epoch was closed by another process than spent from them, after they have
 * expired. Several replicas may do so at once.
 */
export function startExpiredLeases({ db, clock, log }: ExpiredLeasesDeps): {
  close(): Promise<void>;
} {
  let isFailing = false;
  /** Never rejects. */
  const sweep = singleFlight(async () => {
    try {
      await returnExpired(db, new Date(clock.wallMs()), EPOCHS_MAX);
      isFailing = false;
    } catch (err) {
      const level = failureLevel(err, "warn");
      if (!isFailing) log[level]({ err }, "cannot return expired leases; trying again");
      isFailing = true;
    }
  });
  const timer = setInterval(() => void sweep(), SWEEP_MS);
  return {
    async close() {
      clearInterval(timer);
      await sweep();
    },
  };
}
