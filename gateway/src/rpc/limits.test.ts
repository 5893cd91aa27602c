import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import { expect, test } from "vitest";
import { principalForTest } from "../operations/testing/principal.ts";
import { START_MONTH_MS } from "../quota/testing/account.ts";
import { pipelineForTest } from "./testing/pipeline.ts";

const WINDOW_SECONDS = 31 * 24 * 3_600;

/** Requests of one plan, each of which answers what its headers say of the month. */
async function monthOf(quotaMode: QuotaMode, units: number) {
  const pipeline = await pipelineForTest(1, units);
  pipeline.metering.isSoft = quotaMode === QuotaMode.SOFT;
  const plan = { quotaMode, monthlyQuota: BigInt(units) };
  const principal = principalForTest({ plan });
  const left = async (count = 1) => {
    const addresses = Array.from({ length: count }, () => "192.0.2.1");
    const { headers } = await pipeline.locateAll(addresses, { principal }).outcome;
    expect(headers["ratelimit-policy"]).toContain(`"month";q=${units};w=${WINDOW_SECONDS}`);
    return Number(/"month";r=(\d+);t=\d+$/.exec(headers["ratelimit"] ?? "")?.[1]);
  };
  return { ...pipeline, left };
}

test("a soft plan counts down to 0, and stays there when its quota is passed", async () => {
  const { left } = await monthOf(QuotaMode.SOFT, 3);
  const told = [await left(), await left(), await left(), await left(), await left(5)];
  expect(told).toEqual([2, 1, 0, 0, 0]);
});

test("a hard plan counts down to its last unit", async () => {
  const { left } = await monthOf(QuotaMode.HARD, 3);
  expect([await left(), await left(), await left()]).toEqual([2, 1, 0]);
});

test.each([QuotaMode.HARD, QuotaMode.SOFT])(
  "what other gateways hold is left, and what they used is not: plan %i",
  async (quotaMode) => {
    const { metering, left, clock } = await monthOf(quotaMode, 1_000);
    metering.lendElsewhere(START_MONTH_MS, 500n);
    expect(await left()).toBe(999);
    metering.useElsewhere(START_MONTH_MS, 100n);
    clock.advance(metering.lifetimeMs);
    await left();
    expect(await left(10)).toBe(888);
  },
);

test("a soft plan goes on while metering is unavailable, and tells what it knows", async () => {
  const { metering, left, clock } = await monthOf(QuotaMode.SOFT, 100);
  expect(await left()).toBe(99);
  metering.fate = () => "request lost";
  clock.advance(metering.lifetimeMs);
  expect([await left(4), await left(90), await left(90)]).toEqual([95, 5, 0]);
});
