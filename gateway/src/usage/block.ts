import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { defineEvent } from "@geomesh/runtime/events/event";
import { BLOCK_BYTES_MAX, BLOCK_FORMAT, BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { minuteOfKind } from "./encode-kind.ts";
import type { GatewayEpoch } from "./epochs.ts";
import { writeVarint } from "./group-frame.ts";
import type { Reader, Records } from "./reader.ts";

/** The event UsageRecorded, given as its bytes: a replay must have the same ones. */
export const usageRecorded = defineEvent<Uint8Array>(UsageRecordedSchema.typeName, {
  encode: (bytes) => bytes,
  decode: (bytes) => bytes,
});

/** Consecutive records of one epoch, as one event. */
export interface Block {
  /** The same for the same records, so that a replay can be recognized. */
  readonly id: string;
  /** The newest minute of its records; 1970 where all are lost. */
  readonly time: Date;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bytes: Uint8Array;
}

const FIELD = UsageRecordedSchema.field;
const MINUTE_MS = 60_000;
const INDEX_BYTES_MAX = 2;
/** Room for the fields before the kinds, and for the indexes. */
const FIXED_BYTES_MAX = 256 + BLOCK_RECORDS_MAX * INDEX_BYTES_MAX;
const KIND_OVERHEAD_BYTES_MAX = 4;

/**
 * Reads the next records up to `through` as one block: as many as a block may hold, which may end in the middle of a frame.
 * Undefined where there are none. Errors: those of node:fs.
 */
export function readBlock(
  reader: Reader,
  { gatewayId, epoch }: GatewayEpoch,
  through: number,
): Block | undefined {
  const columns = new BlockColumns();
  const firstSequence = reader.nextSequence;
  while (!columns.isFull) {
    const records = reader.read(through);
    if (records === undefined) break;
    reader.take(columns.add(records, reader.nextSequence, through));
  }
  const lastSequence = reader.nextSequence - 1;
  if (lastSequence < firstSequence) return undefined;
  const writer = new BinaryWriter();
  writer.tag(FIELD.gatewayId.number, WireType.LengthDelimited).string(gatewayId);
  writer.tag(FIELD.epoch.number, WireType.Varint).uint64(epoch);
  writer.tag(FIELD.firstSequence.number, WireType.Varint).uint64(firstSequence);
  writer.tag(FIELD.format.number, WireType.Varint).uint32(BLOCK_FORMAT);
  columns.write(writer);
  return {
    id: `${gatewayId}.${epoch}.${firstSequence}-${lastSequence}`,
    time: new Date(columns.newestMinute * MINUTE_MS),
    firstSequence,
    lastSequence,
    bytes: writer.finish(),
  };
}

/** The kinds of a block in the order of their first use, and the index of each record. */
class BlockColumns {
  readonly #places = new Map<string, number>();
  readonly #kinds: Buffer[] = [];
  readonly #indexes = Buffer.allocUnsafe(BLOCK_RECORDS_MAX * INDEX_BYTES_MAX);
  #indexesEnd = 0;
  #count = 0;
  #bytes = FIXED_BYTES_MAX;
  newestMinute = 0;
  isFull = false;

  /** Adds records from one sequence to another, or fewer where the block is full; returns the last that it added. */
  add(records: Records, from: number, through: number): number {
    const { firstSequence, kinds, indexes } = records;
    const places = new Int32Array(kinds.length).fill(-1);
    const end = Math.min(records.lastSequence, through) - firstSequence;
    for (let i = from - firstSequence; i <= end; i++) {
      const kindAt = indexes[i] as number;
      let place = places[kindAt] as number;
      if (place < 0) place = this.#placeOf(kinds[kindAt] as Buffer);
      this.isFull ||= place < 0 || this.#count === BLOCK_RECORDS_MAX;
      if (this.isFull) return firstSequence + i - 1;
      places[kindAt] = place;
      this.#indexesEnd = writeVarint(this.#indexes, this.#indexesEnd, place);
      this.#count += 1;
    }
    return firstSequence + end;
  }

  write(writer: BinaryWriter): void {
    for (const kind of this.#kinds) {
      writer.tag(FIELD.kinds.number, WireType.LengthDelimited).bytes(kind);
    }
    const indexes = this.#indexes.subarray(0, this.#indexesEnd);
    writer.tag(FIELD.kindIndexes.number, WireType.LengthDelimited).bytes(indexes);
  }

  /** The place of a kind, which is added where it is new; -1 where the block has no room for it. */
  #placeOf(kind: Buffer): number {
    const text = kind.toString("latin1");
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const bytes = this.#bytes + kind.length + KIND_OVERHEAD_BYTES_MAX;
    if (bytes > BLOCK_BYTES_MAX || this.#count === BLOCK_RECORDS_MAX) return -1;
    this.#bytes = bytes;
    this.#places.set(text, this.#kinds.length);
    this.newestMinute = Math.max(this.newestMinute, minuteOfKind(kind));
    return this.#kinds.push(kind) - 1;
  }
}
