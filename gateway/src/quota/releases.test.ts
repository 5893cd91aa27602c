import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT } from "../usage/testing/spool.ts";
import { Releases } from "./releases.ts";
import { MeteringModel } from "./testing/metering.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NONCE = new Uint8Array(16).fill(7);

const release = (leaseNumber: number) => ({
  epoch: 1n,
  leaseNumber: BigInt(leaseNumber),
  lastSequence: BigInt(10 * leaseNumber),
});

/** Releases over a metering whose answers the test decides on. */
function releasesTo(metering: MeteringModel) {
  const attempts = vi.fn(metering.client.releaseLeases);
  const releases = new Releases({
    leases: { releaseLeases: attempts },
    nonce: NONCE,
    gatewayId: "gw_a",
    log: SILENT,
  });
  return { attempts, releases };
}

test("each release is sent until it succeeds, in order, and then never again", async () => {
  const metering = new MeteringModel(0n);
  const { releases } = releasesTo(metering);
  metering.fate = () => "request lost";
  for (let number = 1; number <= 3; number++) releases.add(release(number));
  await vi.advanceTimersByTimeAsync(2_500);
  expect(metering.released).toEqual([]);
  metering.fate = () => "answered";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(metering.released).toEqual(
    [1, 2, 3].map((each) => ({ gatewayId: "gw_a", nonce: NONCE, ...release(each) })),
  );
  await releases.close();
});

test("however many wait, an unavailable metering is tried once a second", async () => {
  const metering = new MeteringModel(0n);
  const { attempts, releases } = releasesTo(metering);
  metering.fate = () => "request lost";
  for (let number = 1; number <= 50; number++) {
    releases.add(release(number));
    await vi.advanceTimersByTimeAsync(10);
  }
  attempts.mockClear();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(attempts).toHaveBeenCalledTimes(10);
  await releases.close();
});

test("after closing nothing is sent", async () => {
  const metering = new MeteringModel(0n);
  const { attempts, releases } = releasesTo(metering);
  metering.fate = () => "request lost";
  releases.add(release(1));
  releases.add(release(2));
  await releases.close();
  attempts.mockClear();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
