import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditPeriods, expectSoundBooks } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;
let accounts = 0;
let accountId: string;
let gatewayId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

beforeEach(async () => {
  accounts += 1;
  accountId = `acct_${accounts}`;
  gatewayId = `gateway-${accounts}`;
  await ledger.setQuota(accountId, 100n);
  await ledger.openEpoch({ gatewayId, epoch: 1n, nonce: TEST_NONCE });
});

const acquire = (leaseNumber: bigint) =>
  ledger.acquire(
    AcquireLeaseRequest.fromPartial({
      gatewayId,
      epoch: 1n,
      nonce: TEST_NONCE,
      leaseNumber,
      accountId,
      periodStartTime: TEST_PERIOD,
      unitsWanted: 10n,
    }),
  );
const release = (leaseNumber: bigint, lastSequence: bigint) =>
  ledger.release({ gatewayId, epoch: 1n, leaseNumber, lastSequence, nonce: TEST_NONCE });
const spend = (first: bigint, leaseNumber: bigint, units: number[]) =>
  ledger.count(
    block(
      first,
      units.map((unit) => usage({ accountId, units: unit, leaseNumber })),
      { gatewayId },
    ),
  );
const balance = async () => {
  const [period] = await auditPeriods(ledger.db, [accountId]);
  return [period?.used, period?.outstanding];
};

test("an unused lease returns at once", async () => {
  await acquire(1n);
  expect(await balance()).toEqual([0n, 10n]);
  await release(1n, 0n);
  expect(await balance()).toEqual([0n, 0n]);
});

test("what is unused goes back with the block that brings the last usage, and not before", async () => {
  await acquire(1n);
  await spend(1n, 1n, [1, 2]);
  await release(1n, 4n);
  expect(await balance()).toEqual([3n, 7n]);
  await spend(3n, 1n, [1]);
  expect(await balance()).toEqual([4n, 6n]);
  await spend(4n, 1n, [1]);
  expect(await balance()).toEqual([5n, 0n]);
  await expectSoundBooks(ledger.db, accountId);
});

test("releasing twice returns units once", async () => {
  await acquire(1n);
  await spend(1n, 1n, [4]);
  await release(1n, 1n);
  await release(1n, 1n);
  await release(0n, 1n);
  await release(0n, 1n);
  expect(await balance()).toEqual([4n, 0n]);
});

test("a closed epoch returns all of its leases when its last usage has arrived", async () => {
  await acquire(1n);
  await acquire(2n);
  await release(0n, 2n);
  expect(await balance()).toEqual([0n, 20n]);
  await spend(1n, 1n, [3]);
  await spend(2n, 2n, [4]);
  expect(await balance()).toEqual([7n, 0n]);
});

test("a record that cannot be billed returns the lease that waited for it", async () => {
  await acquire(1n);
  await release(1n, 1n);
  const impossible = usage({ accountId, leaseNumber: 1n, timeMs: 1n });
  expect(await ledger.count(block(1n, [impossible], { gatewayId }))).toBe("set_aside");
  expect(await balance()).toEqual([0n, 0n]);
});

test("usage of a returned lease, or of none, is still counted", async () => {
  await acquire(1n);
  await release(1n, 0n);
  await spend(1n, 1n, [2]);
  await spend(2n, 0n, [3]);
  expect(await balance()).toEqual([5n, 0n]);
});

test("usage never settles more of a lease than was granted", async () => {
  await acquire(1n);
  await acquire(2n);
  await spend(1n, 1n, [15]);
  expect(await balance()).toEqual([15n, 10n]);
});

test("usage does not settle a lease of another account", async () => {
  await acquire(1n);
  const foreign = usage({ accountId: "acct_other", units: 4, leaseNumber: 1n });
  await ledger.count(block(1n, [foreign], { gatewayId }));
  expect(await balance()).toEqual([0n, 10n]);
});

const NEXT_START = Buffer.alloc(0);
const OTHER = Buffer.alloc(16, 9);
const LIFE_MS = 10_000;
const releaseBy = (nonce: Buffer, leaseNumber: bigint, lastSequence: bigint) =>
  ledger.release({ gatewayId, epoch: 1n, leaseNumber, lastSequence, nonce });

describe.each([
  ["the next start of its gateway", NEXT_START],
  ["a copy of its directory", OTHER],
])("a close by %s", (_who, nonce) => {
  test("ends the epoch at once, and returns units only after their leases have expired", async () => {
    await acquire(1n);
    ledger.clock.advance(1_000);
    await acquire(2n);
    await spend(1n, 1n, [1]);
    await releaseBy(nonce, 0n, 1n);
    await expect(acquire(3n)).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
    ledger.clock.advance(LIFE_MS - 1_001);
    await ledger.returnExpired();
    expect(await balance()).toEqual([1n, 19n]);
    ledger.clock.advance(1);
    await ledger.returnExpired();
    expect(await balance()).toEqual([1n, 10n]);
    ledger.clock.advance(1_000);
    await ledger.returnExpired();
    expect(await balance()).toEqual([1n, 0n]);
  });

  test("returns at once what has expired already", async () => {
    await acquire(1n);
    ledger.clock.advance(LIFE_MS);
    await releaseBy(nonce, 0n, 0n);
    expect(await balance()).toEqual([0n, 0n]);
  });

  test("returns what has expired with the block that brings the last usage, and not before", async () => {
    await acquire(1n);
    await releaseBy(nonce, 0n, 1n);
    ledger.clock.advance(LIFE_MS);
    await ledger.returnExpired();
    expect(await balance()).toEqual([0n, 10n]);
    await spend(1n, 1n, [4]);
    expect(await balance()).toEqual([4n, 0n]);
  });

  test("counts what its process spent meanwhile against its leases", async () => {
    await acquire(1n);
    await releaseBy(nonce, 0n, 0n);
    await spend(1n, 1n, [3, 3]);
    ledger.clock.advance(LIFE_MS);
    await ledger.returnExpired();
    expect(await balance()).toEqual([6n, 0n]);
  });

  test("gives way to what the process itself says", async () => {
    await acquire(1n);
    await releaseBy(nonce, 0n, 100n);
    await release(0n, 1n);
    expect(await balance()).toEqual([0n, 10n]);
    await spend(1n, 1n, [2]);
    expect(await balance()).toEqual([2n, 0n]);
  });

  test("after one by the process itself changes nothing", async () => {
    await acquire(1n);
    await release(0n, 0n);
    await releaseBy(nonce, 0n, 100n);
    expect(await balance()).toEqual([0n, 0n]);
  });

  test("of a single lease is refused", async () => {
    await acquire(1n);
    await expect(releaseBy(nonce, 1n, 0n)).rejects.toMatchObject({
      kind: "failed_precondition",
      reason: "EPOCH_TAKEN",
    });
    expect(await balance()).toEqual([0n, 10n]);
  });
});

test("replicas that return what has expired at the same time return it once", async () => {
  await acquire(1n);
  await releaseBy(OTHER, 0n, 0n);
  ledger.clock.advance(LIFE_MS);
  await Promise.all(Array.from({ length: 8 }, () => ledger.returnExpired()));
  expect(await balance()).toEqual([0n, 0n]);
  await expectSoundBooks(ledger.db, accountId);
});
