import { UsageKind, type UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { BLOCK_FORMAT } from "@geomesh/terms/limits";
import type { UsageColumns } from "../ledger/usage-columns.ts";

/** One request, at a time of which its kind holds the minute. */
export interface UsageRecord extends Omit<UsageKind, "minute" | "isLost"> {
  readonly timeMs: bigint;
}

/** The time of the tests, far from the edge of a month, day or hour. */
export const TEST_TIME = new Date("2026-03-15T10:20:30.456Z");

/** The month that `TEST_TIME` falls in. */
export const TEST_PERIOD = new Date("2026-03-01T00:00:00Z");

/** What the gateways of the tests open their epochs with. */
export const TEST_NONCE = Buffer.alloc(16, 1);

/** Where the gateways of the tests have locked their directories. */
export const TEST_PLACE = Buffer.alloc(32, 1);

/** A record of one unit for `acct_a`, unless `fields` say otherwise. */
export function usage(fields: Partial<UsageRecord> = {}): UsageRecord {
  const { timeMs = BigInt(TEST_TIME.getTime()), ...rest } = fields;
  const {
    minute: _,
    isLost: __,
    ...kind
  } = UsageKind.fromPartial({
    ...{ accountId: "acct_a", keyId: "key_a", operation: "GetLocation", status: 200, units: 1 },
    ...rest,
  });
  return { ...kind, timeMs };
}

/** The kinds of records in the order of their first use, and the index of each record. */
export function columns(records: readonly UsageRecord[]): UsageColumns {
  const places = new Map<string, number>();
  const kinds: UsageKind[] = [];
  const kindIndexes = records.map(({ timeMs, ...rest }) => {
    const kind = { ...rest, minute: timeMs / 60_000n, isLost: false };
    const text = JSON.stringify(Object.values(kind).map(String));
    const place = places.get(text);
    if (place !== undefined) return place;
    places.set(text, kinds.length);
    return kinds.push(kind) - 1;
  });
  return { kinds, kindIndexes };
}

/** A block of epoch 1 of `gateway-a`, unless `from` says otherwise. */
export function block(
  firstSequence: bigint,
  records: readonly UsageRecord[],
  from: { gatewayId?: string; epoch?: bigint } = {},
): UsageRecorded {
  return blockOf(firstSequence, columns(records), from);
}

/** A block of columns, likewise. */
function blockOf(
  firstSequence: bigint,
  { kinds, kindIndexes }: UsageColumns,
  from: { gatewayId?: string; epoch?: bigint } = {},
): UsageRecorded {
  const [format, epoch] = [BLOCK_FORMAT, 1n];
  const content = { kinds: [...kinds], kindIndexes: [...kindIndexes] };
  return { gatewayId: "gateway-a", epoch, firstSequence, format, ...content, ...from };
}

/** A block of lost records, likewise. */
export function lostBlock(
  firstSequence: bigint,
  count: number,
  from: { gatewayId?: string; epoch?: bigint } = {},
): UsageRecorded {
  const kinds = [UsageKind.fromPartial({ isLost: true })];
  return blockOf(firstSequence, { kinds, kindIndexes: Array(count).fill(0) }, from);
}
