import { fromBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  UsageRecordedSchema,
  UsageRecordSchema,
} from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { defineEvent } from "@geomesh/runtime/events/event";

/** The event with its bytes made already: replays must be the same to the bit. */
export const usageRecorded = defineEvent<Uint8Array>(UsageRecordedSchema.typeName, {
  encode: (bytes) => bytes,
  decode: (bytes) => bytes,
});

/** Records of one epoch that follow each other. */
export interface Block {
  readonly id: string;
  /** When the last record was made. */
  readonly time: Date;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
  readonly bytes: Uint8Array;
}

const FIELD = UsageRecordedSchema.field;

/** Puts serialized UsageRecords into a UsageRecorded: in protobuf a message field is its bytes behind tag and length. */
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
