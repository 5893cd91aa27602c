import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readWatermarks } from "../ledger/watermarks.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_PERIOD, TEST_PLACE, TEST_TIME, usage } from "../testing/usage.ts";

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
const LEASE = AcquireLeaseRequest.fromPartial({
  ...{ epoch: 1n, leaseNumber: 1n, accountId: "acct_a", unitsWanted: 1n },
  periodStartTime: TEST_PERIOD,
});
const acquire = (nonce: Buffer, leaseNumber = 1n) =>
  ledger.acquire({ ...LEASE, gatewayId, nonce, leaseNumber });

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

describe("an epoch of a copied directory, while another one is open", () => {
  const ELSEWHERE = Buffer.alloc(32, 2);
  const THIRD = Buffer.alloc(32, 3);
  /** The next start of the gateway, which has a nonce of its own. */
  const openNext = (fields: { place: Buffer; silentSinceTime?: Date | undefined }) =>
    ledger.openEpoch({ gatewayId, epoch: 2n, nonce: COPY, ...fields });
  const heldSince = async (place = ELSEWHERE) => (await openNext({ place })).holder?.heardTime;

  test("is not opened at another place, and the answer names the one that is", async () => {
    await open(OWN);
    const serverTime = new Date(ledger.clock.wallMs());
    ledger.clock.advance(3_600_000);
    expect(await openNext({ place: ELSEWHERE })).toEqual({
      serverTime: new Date(ledger.clock.wallMs()),
      holder: { epoch: 1n, heardTime: serverTime },
    });
    const lease = ledger.acquire({ ...LEASE, gatewayId, epoch: 2n, nonce: COPY });
    await expect(lease).rejects.toMatchObject({ reason: "EPOCH_NOT_OPEN" });
    expect(await acquire(OWN)).toMatchObject({ unitsGranted: 1n });
  });

  test("is opened at the same place, where the lock of the directory shows that the other process ended", async () => {
    await open(OWN);
    expect((await openNext({ place: TEST_PLACE })).holder).toBeUndefined();
  });

  test("is opened at another place once the other one was closed", async () => {
    await open(OWN);
    await close();
    expect(await heldSince()).toBeUndefined();
  });

  test("is opened by who saw the other one silent, and not where that one was heard of again", async () => {
    await open(OWN);
    const silentSinceTime = await heldSince();
    await open(OWN);
    const heardAgain = (await openNext({ place: ELSEWHERE, silentSinceTime })).holder?.heardTime;
    // Later, although the clock stands still.
    expect(heardAgain?.getTime()).toBeGreaterThan(silentSinceTime?.getTime() ?? 0);
    const opened = await openNext({ place: ELSEWHERE, silentSinceTime: heardAgain });
    expect(opened.holder).toBeUndefined();
  });

  test("holds up in turn the one of the first place, also at its next start", async () => {
    await open(OWN);
    await openNext({ place: ELSEWHERE, silentSinceTime: await heldSince() });
    const third = await ledger.openEpoch({ gatewayId, epoch: 3n, nonce: OWN });
    expect(third.holder?.epoch).toBe(2n);
  });

  test("is opened at once where the one that took over was closed, whatever it took over from", async () => {
    await open(OWN);
    await openNext({ place: ELSEWHERE, silentSinceTime: await heldSince() });
    await ledger.release({ gatewayId, epoch: 2n, leaseNumber: 0n, lastSequence: 0n, nonce: COPY });
    const third = await ledger.openEpoch({ gatewayId, epoch: 3n, nonce: OWN, place: THIRD });
    expect(third.holder).toBeUndefined();
  });

  test("that took over is told to the process whose epoch it closed", async () => {
    await open(OWN);
    await openNext({ place: ELSEWHERE, silentSinceTime: await heldSince() });
    await ledger.release({ gatewayId, epoch: 1n, leaseNumber: 0n, lastSequence: 0n, nonce: COPY });
    expect((await open(OWN)).holder?.epoch).toBe(2n);
  });

  test("of another gateway holds up nobody", async () => {
    await open(OWN);
    gatewayId = `${gatewayId}-other`;
    expect(await heldSince()).toBeUndefined();
  });

  test("is one of many: of all that find no other, one is opened", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        ledger.openEpoch({
          ...{ gatewayId, epoch: BigInt(at + 1), nonce: Buffer.alloc(16, at) },
          place: Buffer.alloc(32, at),
        }),
      ),
    );
    expect(outcomes.filter(({ holder }) => holder === undefined)).toHaveLength(1);
  });
});

const refused: [{ gatewayId?: string; epoch?: bigint }, string][] = [
  [{ gatewayId: "gate way" }, "no gateway has such an id"],
  [{ epoch: 2n ** 63n }, "more than the database holds"],
];
test.each(refused)("a request with %o is invalid: %s", async (fields) => {
  const request = { gatewayId, epoch: 1n, nonce: OWN, ...fields };
  await expect(ledger.openEpoch(request)).rejects.toMatchObject({ kind: "invalid_argument" });
});
