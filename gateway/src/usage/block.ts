import { fromBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  UsageRecordedSchema,
  UsageRecordSchema,
} from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { defineEvent } from "@geomesh/runtime/events/event";

/** The event UsageRecorded, given as its bytes: a replay must have the same ones. */
export const usageRecorded = defineEvent<Uint8Array>(UsageRecordedSchema.typeName, {
  encode: (bytes) => bytes,
  decode: (bytes) => bytes,
});

/** Consecutive records of one epoch, as one event. */
export interface Block {
  /** The same for the same records, so that a replay can be recognized. */
  readonly id: string;
  /** The time of the last record. */
  readonly time: Date;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
  readonly bytes: Uint8Array;
}

const FIELD = UsageRecordedSchema.field;

/** Makes a UsageRecorded of serialized UsageRecords: a message field of protobuf is its bytes after tag and length. */
export function makeBlock(
  gatewayId: string,
  epoch: bigint,
  firstSequence: bigint,
  records: readonly Uint8Array[],
): Block {
  const writer = new BinaryWriter();
  writer.tag(FIELD.gatewayId.number, WireType.LengthDelimited).string(gatewayId);
  writer.tag(FIELD.epoch.number, WireType.Varint).uint64(epoch);
  writer.tag(FIELD.firstSequence.number, WireType.Varint).uint64(firstSequence);
  for (const record of records) {
    writer.tag(FIELD.records.number, WireType.LengthDelimited).bytes(record);
  }
  const lastSequence = firstSequence + BigInt(records.length) - 1n;
  const { timeMs } = fromBinary(UsageRecordSchema, records.at(-1) as Uint8Array);
  return {
    id: `${gatewayId}.${epoch}.${firstSequence}-${lastSequence}`,
    time: new Date(Number(timeMs)),
    firstSequence,
    lastSequence,
    bytes: writer.finish(),
  };
}
