import { QueryUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_NONCE, TEST_TIME, usage } from "../testing/usage.ts";
import { readCompleteThrough } from "./completeness.ts";

let ledger: Ledger;

beforeEach(async () => {
  ledger = await openLedger(TEST_TIME);
  await ledger.setQuota("acct_a", 1_000n);
});

afterEach(() => ledger.close());

const at = (time: string) => usage({ timeMs: BigInt(Date.parse(`2026-03-15T${time}Z`)) });
const open = (gatewayId = "gateway-a") =>
  ledger.openEpoch({ gatewayId, epoch: 1n, nonce: TEST_NONCE });
const close = (lastSequence: bigint, gatewayId = "gateway-a") =>
  ledger.release({ gatewayId, epoch: 1n, leaseNumber: 0n, lastSequence, nonce: TEST_NONCE });
const through = async () =>
  (await readCompleteThrough(ledger.db, TEST_TIME.getTime()))?.toISOString().slice(11, 16);

test("without a gateway, usage is complete through the minute before", async () => {
  expect(await through()).toBe("10:19");
});

test("an open epoch holds it at its last usage, and before that at its opening", async () => {
  await open();
  expect(await through()).toBe("10:19");
  await ledger.count(block(1n, [at("09:00:10")]));
  expect(await through()).toBe("08:59");
  await ledger.count(block(2n, [at("09:30:50"), at("09:30:10")]));
  expect(await through()).toBe("09:29");
});

test("the gateway that is furthest behind holds it", async () => {
  await ledger.count(block(1n, [at("09:30:00")]));
  await ledger.count(block(1n, [at("08:30:00")], { gatewayId: "gateway-b" }));
  expect(await through()).toBe("08:29");
});

test("a closed epoch holds it until its last usage has arrived", async () => {
  await open();
  await ledger.count(block(1n, [at("09:00:00")]));
  await close(2n);
  expect(await through()).toBe("08:59");
  await ledger.count(block(2n, [at("09:05:00")]));
  expect(await through()).toBe("10:19");
});

test("a block after a gap does not move it", async () => {
  await ledger.count(block(1n, [at("09:00:00")]));
  await ledger.count(block(3n, [at("10:00:00")]));
  expect(await through()).toBe("08:59");
  await ledger.count(block(2n, [at("09:30:00")]));
  expect(await through()).toBe("09:59");
});

test("nothing can be said while an epoch is known of which nothing is counted", async () => {
  await ledger.count(block(2n, [at("10:00:00")]));
  expect(await through()).toBeUndefined();
  await open();
  expect(await through()).toBeUndefined();
  const answer = await ledger.queryUsage(QueryUsageRequest.fromPartial({ accountId: "acct_a" }));
  expect(answer).toMatchObject({ completeThroughTime: undefined, isFinal: false });
  await ledger.count(block(1n, [at("09:59:00")]));
  expect(await through()).toBe("09:59");
});

test("a gateway whose clock is ahead does not move it past now, and one set back moves it back", async () => {
  await ledger.count(block(1n, [at("23:00:00")]));
  expect(await through()).toBe("10:19");
  await ledger.count(block(2n, [at("10:00:00")]));
  expect(await through()).toBe("09:59");
});

test("a range is final where its last interval ends before that, and only then", async () => {
  await ledger.count(block(1n, [at("09:31:00")]));
  const isFinal = async (end: string) => {
    const range = { startTime: new Date("2026-03-15T08:00:00Z"), endTime: new Date(end) };
    const asked = { accountId: "acct_a", granularity: 1 as const, ...range };
    return (await ledger.queryUsage(QueryUsageRequest.fromPartial(asked))).isFinal;
  };
  expect(await isFinal("2026-03-15T09:30:00Z")).toBe(true);
  expect(await isFinal("2026-03-15T09:30:01Z")).toBe(false);
});
