import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { principalForTest } from "../operations/testing/principal.ts";
import { SILENT } from "../usage/testing/spool.ts";
import { startQuota } from "./quota.ts";
import { START_WALL_MS } from "./testing/account.ts";
import { MeteringModel } from "./testing/metering.ts";

const principal = principalForTest();

/** A quota with one lease, of whose epoch records up to 17 were given. */
async function quotaToClose(durableSequence = 17) {
  const metering = new MeteringModel(100n);
  const clock = createTestClock(START_WALL_MS);
  const spool = {
    gatewayId: "gw_a",
    epoch: 7n,
    place: Buffer.alloc(32),
    lastSequence: 17,
    durableSequence,
  };
  const quota = startQuota({ leases: metering.client, spool, clock, log: SILENT });
  (await quota.reserve(principal, 1)).settle(1, 17n);
  return { quota, metering, clock };
}

test("closing releases the whole epoch as its own process, with the last record", async () => {
  const { quota, metering } = await quotaToClose();
  await quota.close();
  expect(metering.released).toEqual([
    {
      ...{ gatewayId: "gw_a", epoch: 7n, nonce: metering.opened[0] },
      leaseNumber: 0n,
      lastSequence: 17n,
    },
  ]);
});

test("closing tries again while metering does not answer, for a few seconds", async () => {
  const { quota, metering } = await quotaToClose();
  metering.fate = () => "request lost";
  const closed = quota.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(metering.released).toEqual([]);
  metering.fate = () => "answered";
  await closed;
  expect(metering.released).toMatchObject([{ leaseNumber: 0n }]);

  const unheard = await quotaToClose();
  unheard.metering.fate = () => "request lost";
  await unheard.quota.close();
  expect(unheard.metering.released).toEqual([]);
});

test("an epoch is left to the next start where records may still be read back", async () => {
  const { quota, metering } = await quotaToClose(16);
  await quota.close();
  expect(metering.released).toEqual([]);
});

test("an epoch that is another process's is not closed", async () => {
  const metering = new MeteringModel(100n);
  metering.openRefusal = new AppError("EPOCH_TAKEN");
  const clock = createTestClock(START_WALL_MS);
  const spool = {
    gatewayId: "gw_a",
    epoch: 7n,
    place: Buffer.alloc(32),
    lastSequence: 0,
    durableSequence: 0,
  };
  const quota = startQuota({ leases: metering.client, spool, clock, log: SILENT });
  await eventually(() => quota.problems().some(({ reason }) => reason === "directory_copied"));
  await quota.close();
  expect(metering.released).toEqual([]);
});
