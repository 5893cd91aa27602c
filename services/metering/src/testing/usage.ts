import { UsageRecord, type UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";

/** The time of the tests, far from the edge of a month, day or hour. */
export const TEST_TIME = new Date("2026-03-15T10:20:30.456Z");

/** The month that `TEST_TIME` falls in. */
export const TEST_PERIOD = new Date("2026-03-01T00:00:00Z");

/** What the gateways of the tests open their epochs with. */
export const TEST_NONCE = Buffer.alloc(16, 1);

/** A record of one unit for `acct_a`, unless `fields` say otherwise. */
export function usage(fields: Partial<UsageRecord> = {}): UsageRecord {
  return UsageRecord.fromPartial({
    timeMs: BigInt(TEST_TIME.getTime()),
    accountId: "acct_a",
    keyId: "key_a",
    operation: "GetLocation",
    status: 200,
    units: 1,
    ...fields,
  });
}

/** A block of epoch 1 of `gateway-a`, unless `from` says otherwise. */
export function block(
  firstSequence: bigint,
  records: UsageRecord[],
  from: { gatewayId?: string; epoch?: bigint } = {},
): UsageRecorded {
  return { gatewayId: "gateway-a", epoch: 1n, firstSequence, records, ...from };
}
