import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { expectSoundBooks } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

let ledger: Ledger;
let accounts = 0;
let accountId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

beforeEach(async () => {
  accounts += 1;
  accountId = `acct_${accounts}`;
  await open(1n);
});

const open = (epoch: bigint) =>
  ledger.openEpoch({ gatewayId: `gateway-${accounts}`, epoch, nonce: TEST_NONCE });

function acquire(fields: Partial<AcquireLeaseRequest> = {}) {
  const request = {
    gatewayId: `gateway-${accounts}`,
    epoch: 1n,
    nonce: TEST_NONCE,
    leaseNumber: 1n,
    accountId,
    periodStartTime: TEST_PERIOD,
    unitsWanted: 10n,
    ...fields,
  };
  return ledger.acquire(AcquireLeaseRequest.fromPartial(request));
}

test("a grant tells the gateway all that it needs to know", async () => {
  await ledger.setQuota(accountId, 1_000n);
  expect(await acquire()).toEqual({
    unitsGranted: 10n,
    lifetimeMs: 10_000,
    limit: 1_000n,
    remaining: 990n,
    quotaMode: QuotaMode.HARD,
    usedElsewhere: 0n,
    serverTime: new Date(ledger.clock.wallMs()),
  });
});

test("asking again after a lost reply grants nothing more", async () => {
  await ledger.setQuota(accountId, 1_000n);
  const lost = await acquire();
  expect(await acquire()).toEqual(lost);
  expect(await acquire({ unitsKnown: 10n })).toMatchObject({ unitsGranted: 20n, remaining: 980n });
  expect(await acquire({ unitsKnown: 10n })).toMatchObject({ unitsGranted: 20n, remaining: 980n });
  await expectSoundBooks(ledger.db, accountId);
});

test("the last unit of a hard quota can be leased, and nothing after it", async () => {
  await ledger.setQuota(accountId, 5n);
  for (const unitsKnown of [0n, 1n, 2n, 3n, 4n]) {
    const answer = await acquire({ unitsKnown });
    expect(answer).toMatchObject({ unitsGranted: unitsKnown + 1n, remaining: 4n - unitsKnown });
  }
  expect(await acquire({ unitsKnown: 5n })).toMatchObject({ unitsGranted: 5n, remaining: 0n });
  expect(await acquire({ leaseNumber: 2n })).toMatchObject({ unitsGranted: 0n, remaining: 0n });
});

test("what is needed is granted as a whole or not at all, and a refusal changes nothing", async () => {
  await ledger.setQuota(accountId, 100n);
  expect(await acquire({ unitsNeeded: 101n, unitsWanted: 200n })).toMatchObject({
    ...{ unitsGranted: 0n, remaining: 100n },
  });
  const none = await ledger.db
    .selectFrom("leases")
    .select("granted")
    .where("account_id", "=", accountId)
    .execute();
  expect(none).toEqual([]);
  expect(await acquire({ unitsNeeded: 80n, unitsWanted: 200n })).toMatchObject({
    ...{ unitsGranted: 80n, remaining: 20n },
  });
  const more = { unitsKnown: 80n, unitsNeeded: 21n };
  expect(await acquire(more)).toMatchObject({ unitsGranted: 80n, remaining: 20n });
  expect(await acquire({ ...more, unitsNeeded: 20n })).toMatchObject({ unitsGranted: 100n });
  await expectSoundBooks(ledger.db, accountId);
});

test("a request that is refused does not keep a lease alive, and one that needs nothing does", async () => {
  await ledger.setQuota(accountId, 100n);
  await acquire({ unitsNeeded: 50n, unitsWanted: 50n });
  const expiry = async () => {
    const lease = ledger.db.selectFrom("leases").select("expires_at");
    const row = await lease.where("account_id", "=", accountId).executeTakeFirstOrThrow();
    return row.expires_at.getTime();
  };
  const before = await expiry();
  ledger.clock.advance(1_000);
  await acquire({ unitsKnown: 50n, unitsNeeded: 51n });
  expect(await expiry()).toBe(before);
  expect(await acquire({ unitsKnown: 50n, unitsWanted: 0n })).toMatchObject({ unitsGranted: 50n });
  expect(await expiry()).toBe(before + 1_000);
});

test("an answer tells what was used without this lease, by other gateways and by other leases", async () => {
  await ledger.setQuota(accountId, 1_000n);
  await acquire({ unitsWanted: 20n });
  await acquire({ leaseNumber: 2n });
  const of = { gatewayId: `gateway-${accounts}` };
  const spent = [7n, 2n].map((leaseNumber) => usage({ accountId, units: 3, leaseNumber }));
  await ledger.count(block(1n, [usage({ accountId, units: 5, leaseNumber: 1n }), ...spent], of));
  expect(await acquire({ unitsKnown: 20n })).toMatchObject({ usedElsewhere: 6n });
  expect(await acquire({ leaseNumber: 2n, unitsKnown: 10n })).toMatchObject({ usedElsewhere: 8n });
});

test("a soft plan leases beyond its quota", async () => {
  await ledger.setQuota(accountId, 5n, "SOFT");
  expect(await acquire({ unitsWanted: 100n })).toMatchObject({
    unitsGranted: 100n,
    remaining: 0n,
    quotaMode: QuotaMode.SOFT,
  });
});

test("a lowered quota applies from the next grant on, and remaining is never negative", async () => {
  await ledger.setQuota(accountId, 1_000n);
  await acquire({ unitsWanted: 100n });
  await ledger.setQuota(accountId, 50n);
  expect(await acquire({ unitsKnown: 100n })).toMatchObject({
    unitsGranted: 100n,
    limit: 50n,
    remaining: 0n,
  });
});

test("two grants at the same moment do not lease the same unit", async () => {
  await ledger.setQuota(accountId, 20n);
  const numbers = Array.from({ length: 40 }, (_, index) => BigInt(index + 1));
  const answers = await Promise.all(
    numbers.map((leaseNumber) => acquire({ leaseNumber, unitsWanted: 3n })),
  );
  const lent = answers.reduce((sum, answer) => sum + answer.unitsGranted, 0n);
  expect(lent).toBe(20n);
  await expectSoundBooks(ledger.db, accountId);
});

test.each([
  ["2026-02-01T00:00:00Z", "failed_precondition", "the month is over"],
  ["2026-04-01T00:00:00Z", "failed_precondition", "the month is far ahead"],
  ["2026-03-15T00:00:00Z", "invalid_argument", "a month does not start there"],
  ["2026-03-01T00:00:00.001Z", "invalid_argument", "nor there"],
])("a lease for a period from %s is refused as %s: %s", async (start, kind) => {
  await ledger.setQuota(accountId, 1_000n);
  await expect(acquire({ periodStartTime: new Date(start) })).rejects.toMatchObject({ kind });
});

test("a lease number stands for one account", async () => {
  await ledger.setQuota(accountId, 1_000n);
  await ledger.setQuota("acct_other", 1_000n);
  await acquire();
  await expect(acquire({ accountId: "acct_other", unitsKnown: 10n })).rejects.toMatchObject({
    reason: "LEASE_MISMATCH",
  });
});

test("a gateway that knows of more units than were granted is refused", async () => {
  await ledger.setQuota(accountId, 1_000n);
  await acquire();
  await expect(acquire({ unitsKnown: 11n })).rejects.toMatchObject({ reason: "LEASE_UNKNOWN" });
});

test("a released lease and a closed epoch get no more units", async () => {
  await ledger.setQuota(accountId, 1_000n);
  await acquire();
  const gateway = {
    gatewayId: `gateway-${accounts}`,
    epoch: 1n,
    lastSequence: 0n,
    nonce: TEST_NONCE,
  };
  await ledger.release({ ...gateway, leaseNumber: 1n });
  await expect(acquire({ unitsKnown: 10n })).rejects.toMatchObject({ reason: "LEASE_RELEASED" });
  await acquire({ leaseNumber: 2n });
  await ledger.release({ ...gateway, leaseNumber: 0n });
  await expect(acquire({ leaseNumber: 3n })).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
  await open(2n);
  expect(await acquire({ epoch: 2n })).toMatchObject({ unitsGranted: 10n, remaining: 990n });
});

const refused: [Partial<AcquireLeaseRequest>, string, string][] = [
  [{ accountId: "acct_nobody" }, "not_found", "auth knows no such account"],
  [{ accountId: "a\u0000b" }, "invalid_argument", "the database could not even store it"],
  [{ gatewayId: "gate way" }, "invalid_argument", "no gateway has such an id"],
  [{ epoch: 2n ** 63n }, "invalid_argument", "more than the database holds"],
  [{ periodStartTime: new Date(Number.NaN) }, "invalid_argument", "a time that is none"],
];
test.each(refused)("a request with %o is refused as %s: %s", async (fields, kind) => {
  await ledger.setQuota(accountId, 1_000n);
  await expect(acquire(fields)).rejects.toMatchObject({ kind });
});
