import {
  AcquireLeaseRequest,
  Epoch_State,
} from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditPeriods } from "../testing/balance.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_NONCE, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

const LIFE_MS = 10_000;
const SILENT_MS = 30_000;

let ledger: Ledger;
let gateways = 0;
let gatewayId: string;
let accountId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
});

afterAll(() => ledger.close());

beforeEach(async () => {
  gateways += 1;
  gatewayId = `gateway-${gateways}`;
  accountId = `acct_${gateways}`;
  await ledger.setQuota(accountId, 100n);
});

const open = (epoch = 1n) => ledger.openEpoch({ gatewayId, epoch, nonce: TEST_NONCE });
const acquire = (unitsWanted: bigint, leaseNumber = 1n) =>
  ledger.acquire(
    AcquireLeaseRequest.fromPartial({
      ...{ gatewayId, epoch: 1n, nonce: TEST_NONCE, leaseNumber, accountId, unitsWanted },
      periodStartTime: TEST_PERIOD,
    }),
  );
const spend = (first: bigint, units: number[]) =>
  ledger.count(
    block(
      first,
      units.map((each) => usage({ accountId, units: each, leaseNumber: 1n })),
      { gatewayId },
    ),
  );
const list = async (of = gatewayId) => (await ledger.listEpochs({ gatewayId: of })).epochs;
const forget = (epoch = 1n) => ledger.forgetEpoch({ gatewayId, epoch });
const balance = async () => {
  const [period] = await auditPeriods(ledger.db, [accountId]);
  return [period?.used, period?.outstanding];
};

describe("an operator sees of an epoch", () => {
  test("what it holds, how far it is counted and when it was heard of", async () => {
    await open();
    await acquire(10n);
    await spend(1n, [1, 2]);
    expect(await list()).toEqual([
      {
        ...{ gatewayId, epoch: 1n, state: Epoch_State.LIVE, isClosed: false },
        ...{ committedSequence: 2n, unitsLent: 7n, heardTime: new Date(ledger.clock.wallMs()) },
      },
    ]);
  });

  test("that it lives as long as it is heard of", async () => {
    await open();
    for (let i = 0; i < 4; i += 1) {
      ledger.clock.advance(SILENT_MS - 1);
      expect(await list()).toMatchObject([{ state: Epoch_State.LIVE }]);
      await open();
    }
    ledger.clock.advance(SILENT_MS);
    expect(await list()).toMatchObject([{ state: Epoch_State.SILENT }]);
  });

  test("nothing once it is closed, counted through its end and holds nothing", async () => {
    await open();
    await acquire(10n);
    const end = { gatewayId, epoch: 1n, leaseNumber: 0n, nonce: TEST_NONCE };
    await ledger.release({ ...end, lastSequence: 1n });
    expect(await list()).toMatchObject([{ isClosed: true, unitsLent: 10n }]);
    await spend(1n, [1]);
    expect(await list()).toEqual([]);
  });

  test("those with the most units lent first, of all gateways", async () => {
    const first = gatewayId;
    await open();
    await acquire(11n);
    gatewayId = `${first}-b`;
    await open();
    await acquire(12n);
    const all = await list("");
    const [own, other] = [first, gatewayId].map((id) => all.findIndex((e) => e.gatewayId === id));
    expect(other).toBeLessThan(own as number);
    expect(all.map(({ unitsLent }) => unitsLent)).toEqual(
      all.map(({ unitsLent }) => unitsLent).toSorted((a, b) => Number(b - a)),
    );
  });
});

describe("forgetting an epoch", () => {
  /** A gateway that spent 3 of 20 units, of which metering has heard of 2, and is gone. */
  async function gone() {
    await open();
    await acquire(10n);
    await acquire(10n, 2n);
    await spend(1n, [2]);
    ledger.clock.advance(SILENT_MS);
  }

  test("returns what it holds, and what was counted stays used", async () => {
    await gone();
    expect(await balance()).toEqual([2n, 18n]);
    expect(await forget()).toEqual({ unitsReturned: 18n });
    expect([await balance(), await list()]).toEqual([[2n, 0n], []]);
  });

  test("twice returns units once", async () => {
    await gone();
    await forget();
    expect(await forget()).toEqual({ unitsReturned: 0n });
    expect(await balance()).toEqual([2n, 0n]);
  });

  test("counts what it brings after all, and lends it nothing any more", async () => {
    await gone();
    await forget();
    expect(await spend(2n, [1])).toBe("counted");
    expect(await balance()).toEqual([3n, 0n]);
    await open();
    await expect(acquire(1n, 3n)).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
    expect((await ledger.listWatermarks({ gatewayId })).watermarks).toMatchObject([
      { sequence: 2n },
    ]);
  });

  test("frees one that was closed while its last usage never came", async () => {
    await gone();
    const end = { gatewayId, epoch: 1n, leaseNumber: 0n, nonce: TEST_NONCE };
    await ledger.release({ ...end, lastSequence: 9n });
    expect(await balance()).toEqual([2n, 18n]);
    expect(await forget()).toEqual({ unitsReturned: 18n });
  });

  test("returns what usage holds that waits behind a gap only once that usage is counted", async () => {
    await gone();
    expect(await spend(4n, [3])).toBe("early");
    expect(await forget()).toEqual({ unitsReturned: 0n });
    expect(await balance()).toEqual([2n, 18n]);
    expect(await spend(2n, [1, 1])).toBe("counted");
    expect(await balance()).toEqual([7n, 0n]);
  });

  test.each([
    ["it was heard of a moment ago", SILENT_MS - 1, true],
    ["it holds a lease that has not expired", LIFE_MS - 1, false],
  ])("is refused while %s", async (_why, passMs, isRepeated) => {
    await open();
    if (!isRepeated) ledger.clock.advance(SILENT_MS);
    await acquire(10n);
    ledger.clock.advance(passMs);
    await expect(forget()).rejects.toMatchObject({
      kind: "failed_precondition",
      reason: "EPOCH_LIVE",
    });
    ledger.clock.advance(1);
    expect(await forget()).toEqual({ unitsReturned: 10n });
  });

  test("is refused for one that does not exist", async () => {
    await expect(forget()).rejects.toMatchObject({ kind: "not_found", reason: "EPOCH_NOT_FOUND" });
  });

  test.each([
    [{ gatewayId: "gate way", epoch: 1n }, "no gateway has such an id"],
    [{ gatewayId: "gateway", epoch: 2n ** 63n }, "more than the database holds"],
  ])("with %o is invalid: %s", async (request) => {
    await expect(ledger.forgetEpoch(request)).rejects.toMatchObject({ kind: "invalid_argument" });
  });
});
