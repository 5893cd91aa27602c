import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_PERIOD, TEST_TIME, usage } from "../testing/usage.ts";

const OWN = Buffer.alloc(16, 1);
const COPY = Buffer.alloc(16, 2);

let ledger: Ledger;
let gateways = 0;
let gatewayId: string;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  await ledger.setQuota("acct_a", 1_000n);
});

afterAll(() => ledger.close());

beforeEach(() => {
  gateways += 1;
  gatewayId = `gateway-${gateways}`;
});

const open = (nonce: Buffer) => ledger.openEpoch({ gatewayId, epoch: 1n, nonce });
const close = () =>
  ledger.release({ gatewayId, epoch: 1n, leaseNumber: 0n, lastSequence: 0n, nonce: OWN });
const acquire = (nonce: Buffer, leaseNumber = 1n) =>
  ledger.acquire(
    AcquireLeaseRequest.fromPartial({
      gatewayId,
      epoch: 1n,
      nonce,
      leaseNumber,
      accountId: "acct_a",
      periodStartTime: TEST_PERIOD,
      unitsWanted: 1n,
    }),
  );

test("an epoch opens once for one process, which may repeat itself", async () => {
  expect(await open(OWN)).toEqual({ serverTime: new Date(ledger.clock.wallMs()) });
  expect(await open(OWN)).toEqual({ serverTime: new Date(ledger.clock.wallMs()) });
  await expect(open(COPY)).rejects.toMatchObject({
    kind: "failed_precondition",
    reason: "EPOCH_TAKEN",
  });
  expect(await acquire(OWN)).toMatchObject({ unitsGranted: 1n });
});

test("only the process that opened an epoch is heard of by opening it again", async () => {
  const heard = async () =>
    (await ledger.listEpochs({ gatewayId })).epochs[0]?.heardTime?.getTime();
  await open(OWN);
  const first = await heard();
  ledger.clock.advance(5_000);
  await expect(open(COPY)).rejects.toMatchObject({ reason: "EPOCH_TAKEN" });
  expect(await heard()).toBe(first);
  await open(OWN);
  expect(await heard()).toBe(ledger.clock.wallMs());
});

test("of many processes with copies of one directory, one opens the epoch", async () => {
  const nonces = Array.from({ length: 12 }, (_, index) => Buffer.alloc(16, index));
  const outcomes = await Promise.allSettled(nonces.map(open));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const grants = await Promise.allSettled(
    nonces.map((nonce, index) => acquire(nonce, BigInt(index + 1))),
  );
  expect(grants.map(({ status }) => status)).toEqual(outcomes.map(({ status }) => status));
});

test("a process with a copied directory gets no lease, also while the epoch is closed", async () => {
  await open(OWN);
  await acquire(OWN);
  await expect(acquire(COPY)).rejects.toMatchObject({ reason: "EPOCH_TAKEN" });
  await close();
  await expect(acquire(COPY)).rejects.toMatchObject({ reason: "EPOCH_TAKEN" });
  await expect(open(COPY)).rejects.toMatchObject({ reason: "EPOCH_TAKEN" });
});

test("an epoch that nobody opened gets no lease, and its usage is counted", async () => {
  await expect(acquire(OWN)).rejects.toMatchObject({ reason: "EPOCH_NOT_OPEN" });
  expect(await readWatermarks(ledger.db, gatewayId)).toEqual([]);
  expect(await ledger.count(block(1n, [usage()], { gatewayId }))).toBe("counted");
  await expect(acquire(OWN)).rejects.toMatchObject({ reason: "EPOCH_NOT_OPEN" });
  await open(OWN);
  expect(await acquire(OWN)).toMatchObject({ unitsGranted: 1n });
});

test("an epoch that was closed before anyone opened it stays closed", async () => {
  await close();
  await expect(open(OWN)).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
  await expect(acquire(OWN)).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
});

test("a process that repeats its opening after the close is not taken for a copy", async () => {
  await open(OWN);
  await close();
  expect(await open(OWN)).toEqual({ serverTime: new Date(ledger.clock.wallMs()) });
  await expect(acquire(OWN)).rejects.toMatchObject({ reason: "EPOCH_CLOSED" });
});

const refused: [{ gatewayId?: string; epoch?: bigint }, string][] = [
  [{ gatewayId: "gate way" }, "no gateway has such an id"],
  [{ epoch: 2n ** 63n }, "more than the database holds"],
];
test.each(refused)("a request with %o is invalid: %s", async (fields) => {
  const request = { gatewayId, epoch: 1n, nonce: OWN, ...fields };
  await expect(ledger.openEpoch(request)).rejects.toMatchObject({ kind: "invalid_argument" });
});
