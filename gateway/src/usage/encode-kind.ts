import { create, toBinary } from "@bufbuild/protobuf";
import { UsageKindSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import type { Usage } from "./usage.ts";
import { WireWriter } from "./wire-writer.ts";

const MINUTE_MS = 60_000;
/** More than the ids of the mesh can take; a group refuses what is larger. */
const KIND_BYTES_MAX = 64 * 1024;
const FIELD = UsageKindSchema.field;
const MINUTE_TAG = FIELD.minute.number << 3;

/** The kind of records that were damaged in a spool, as a serialized geomesh.metering.v1.UsageKind. */
export const LOST_KIND = Buffer.from(
  toBinary(UsageKindSchema, create(UsageKindSchema, { isLost: true })),
);

/** The UTC minute of a time, in minutes since 1970. */
export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}

/**
 * Creates an encoder of the kind of usage, as the bytes that the library makes of a UsageKind, in a fifth of its time. The
 * bytes are the caller's. Errors of the encoder: RangeError beyond 64 KiB.
 */
export function createKindEncoder(): (usage: Usage) => Buffer {
  const writer = new WireWriter(KIND_BYTES_MAX);
  return (usage) => {
    writer.clear();
    const bytes = writer
      .varint(FIELD.minute.number, minuteOf(usage.timeMs))
      .text(FIELD.accountId.number, usage.accountId)
      .text(FIELD.keyId.number, usage.keyId)
      .text(FIELD.operation.number, usage.operation)
      .varint(FIELD.status.number, usage.status)
      .varint(FIELD.units.number, usage.units)
      .varint(FIELD.leaseNumber.number, Number(usage.leaseNumber))
      .varint(FIELD.mode.number, usage.mode)
      .take();
    return Buffer.from(bytes);
  };
}

/** The minute that an encoded kind begins with; 0 where it has none. */
export function minuteOfKind(kind: Buffer): number {
  if (kind[0] !== MINUTE_TAG) return 0;
  let [minute, scale] = [0, 1];
  for (let at = 1; at < kind.length; at++) {
    const byte = kind[at] as number;
    minute += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 0x80;
  }
  return minute;
}
