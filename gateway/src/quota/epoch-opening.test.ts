import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AppError } from "@geomesh/runtime/errors";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, onTestFinished, test } from "vitest";
import { ClockCheck } from "./clock-check.ts";
import { EpochOpening } from "./epoch-opening.ts";
import { MeteringModel } from "./testing/metering.ts";

/** As pino numbers them. */
const [WARN, ERROR] = [40, 50];
const UNAVAILABLE = new AppError("UPSTREAM_UNAVAILABLE");

function openingFor(metering: MeteringModel) {
  const logged: { level: number; reason?: string }[] = [];
  const log = createLog({
    service: "test",
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const clock = createTestClock();
  const check = new ClockCheck({ clock, log });
  const deps = {
    leases: metering.client,
    gatewayId: "gw_a",
    epoch: 7n,
    place: Buffer.alloc(32),
    check,
    clock,
    log,
  };
  const opening = new EpochOpening(deps);
  onTestFinished(() => opening.close());
  return { opening, logged, clock };
}

test("who asks while the epoch is being opened waits for the outcome", async () => {
  const metering = new MeteringModel(1n);
  const { promise, resolve } = Promise.withResolvers<void>();
  metering.gate = promise;
  const { opening } = openingFor(metering);
  const waiting = opening.opened();
  expect(opening.isOpen).toBe(false);
  resolve();
  await waiting;
  await eventually(() => opening.isOpen);
  expect(metering.opened).toEqual([opening.nonce]);
});

test("each process has a nonce of its own, of 16 bytes", () => {
  const nonces = [1, 2].map(() => openingFor(new MeteringModel(1n)).opening.nonce);
  expect(nonces.map(({ length }) => length)).toEqual([16, 16]);
  expect(nonces[0]).not.toEqual(nonces[1]);
});

test("a failed opening is tried again by itself; meanwhile nobody waits", async () => {
  const metering = new MeteringModel(1n);
  metering.openRefusal = UNAVAILABLE;
  const { opening, logged } = openingFor(metering);
  await expect(opening.opened()).rejects.toBe(UNAVAILABLE);
  await expect(opening.opened()).rejects.toBe(UNAVAILABLE);
  metering.openRefusal = undefined;
  await eventually(() => opening.isOpen);
  await opening.opened();
  expect(metering.opened).toEqual([opening.nonce]);
  expect(logged.map(({ level }) => level)).toEqual([WARN]);
});

test.each(["EPOCH_TAKEN", "EPOCH_CLOSED"] as const)(
  "an epoch that is %s is lost, and is not tried again",
  async (reason) => {
    const metering = new MeteringModel(1n);
    metering.openRefusal = new AppError(reason);
    const { opening, logged } = openingFor(metering);
    await eventually(() => opening.isLost);
    metering.openRefusal = undefined;
    await expect(opening.opened()).rejects.toMatchObject({ reason });
    await opening.close();
    expect(metering.opened).toEqual([]);
    expect(logged).toMatchObject([{ level: ERROR, reason }]);
  },
);

test("an epoch that metering no longer knows is opened again, with the same nonce", async () => {
  const metering = new MeteringModel(1n);
  const { opening } = openingFor(metering);
  await eventually(() => opening.isOpen);
  opening.refused(new AppError("EPOCH_NOT_OPEN"));
  expect(opening.isOpen).toBe(false);
  await eventually(() => opening.isOpen);
  expect(metering.opened).toEqual([opening.nonce, opening.nonce]);
});

test("another refusal of a lease does not close the epoch", async () => {
  const { opening } = openingFor(new MeteringModel(1n));
  await eventually(() => opening.isOpen);
  opening.refused(UNAVAILABLE);
  expect([opening.isOpen, opening.isLost]).toEqual([true, false]);
});

test("a gateway that an operator forgot while it was cut off is not told that it was copied for certain", async () => {
  const { opening, logged } = openingFor(new MeteringModel(1n));
  await eventually(() => opening.isOpen);
  opening.refused(new AppError("EPOCH_CLOSED"));
  expect(opening.problem).toMatchObject({ reason: "epoch_lost" });
  expect(opening.problem?.message).toContain("ForgetEpoch");
  expect(logged).toMatchObject([{ level: ERROR, reason: "EPOCH_CLOSED" }]);
});

/** Another process of the gateway, heard of at the n-th second. */
const heardAt = (second: number) => ({ epoch: 6n, heardTime: timestampFromMs(second * 1_000) });

/** Resolves once metering was asked again, from now on, and has answered. */
async function askedAgain(metering: MeteringModel) {
  const asked = metering.openAsked + 2;
  await eventually(() => metering.openAsked >= asked);
}

function waiting() {
  const metering = new MeteringModel(1n);
  metering.holder = heardAt(1);
  return { metering, ...openingFor(metering) };
}

test("on a copy of a living gateway's directory it is told by name, once, and never opens", async () => {
  const { metering, opening, logged, clock } = waiting();
  await askedAgain(metering);
  expect([opening.isInDoubt, opening.isLost]).toEqual([true, false]);
  expect(opening.problem).toMatchObject({ reason: "epoch_not_open" });
  metering.holder = heardAt(2);
  await askedAgain(metering);
  clock.advance(2_000);
  metering.holder = heardAt(4);
  await eventually(() => opening.isLost);
  expect(opening.problem).toMatchObject({ reason: "directory_copied" });
  expect(opening.problem?.message).toContain("gw_a runs elsewhere");
  // Nor does it wait for a moment in which the other one is silent, such as its restart.
  metering.holder = undefined;
  clock.advance(60_000);
  await expect(opening.opened()).rejects.toMatchObject({ reason: "EPOCH_TAKEN" });
  await opening.close();
  expect(metering.opened).toEqual([]);
  expect(logged).toMatchObject([{ level: WARN }, { level: ERROR, reason: "EPOCH_TAKEN" }]);
});

test("on a directory that was moved it opens once the other process was silent for 6 s", async () => {
  const { metering, opening, clock } = waiting();
  await askedAgain(metering);
  clock.advance(5_999);
  await askedAgain(metering);
  expect(opening.isOpen).toBe(false);
  clock.advance(1);
  await opening.firstOpened;
  expect([opening.isOpen, opening.isInDoubt, opening.problem]).toEqual([true, false, undefined]);
});

test("what the other process said before it ended, and metering commits late, is no sign of life", async () => {
  const { metering, opening, clock } = waiting();
  for (const second of [1.1, 1.2, 1.3]) {
    await askedAgain(metering);
    clock.advance(300);
    metering.holder = heardAt(second);
  }
  await askedAgain(metering);
  expect(opening.isLost).toBe(false);
  clock.advance(6_000);
  await opening.firstOpened;
  expect(opening.isOpen).toBe(true);
});

test("silence counts only while metering answers", async () => {
  const { metering, opening, clock } = waiting();
  await askedAgain(metering);
  clock.advance(5_000);
  metering.openRefusal = UNAVAILABLE;
  await askedAgain(metering);
  metering.openRefusal = undefined;
  clock.advance(5_000);
  await askedAgain(metering);
  expect(opening.isOpen).toBe(false);
  clock.advance(6_000);
  await opening.firstOpened;
});

test("it opens at once when the other process closes its epoch meanwhile", async () => {
  const { metering, opening } = waiting();
  await askedAgain(metering);
  metering.holder = undefined;
  await opening.firstOpened;
  expect(opening.isOpen).toBe(true);
});
