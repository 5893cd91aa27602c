import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { crc32c } from "./crc32c.ts";

/*
 * A frame of the spool is a header and a payload: the records that became durable together. It begins at a multiple of
 * 32 bytes. Numbers are little-endian.
 *
 *   0  magic "GMUG"         8  first sequence (64 bits)   20  bytes of the payload
 *   4  version              16 count of records           24  CRC-32C of the payload
 *                                                         28  CRC-32C of the 28 bytes before it
 *
 * The payload is a serialized UsageRecorded with kinds and indexes only.
 */

/** Bytes before the payload, and what the offset of a frame is a multiple of. */
export const FRAME_HEADER_BYTES = 32;
/** Most records of a frame. */
export const FRAME_RECORDS_MAX = 65_536;
/** Most bytes of a frame. */
export const FRAME_BYTES_MAX = 1024 * 1024;

const MAGIC = 0x47554d47;
const VERSION = 1;
const HIGH_WORD = 2 ** 32;
const LENGTH_DELIMITED = 2;
/** The tag of a kind within the payload, one byte. */
export const KINDS_TAG = (UsageRecordedSchema.field.kinds.number << 3) | LENGTH_DELIMITED;
/** The tag of the packed indexes, one byte. */
export const INDEXES_TAG = (UsageRecordedSchema.field.kindIndexes.number << 3) | LENGTH_DELIMITED;

/** What the header of a frame says. */
export interface FrameHeader {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly payloadBytes: number;
  /** Bytes of the whole frame, up to where the next may begin. */
  readonly bytes: number;
}

/** The records of a frame: their kinds, and for each record the place of its kind. */
export interface Columns {
  readonly kinds: readonly Buffer[];
  readonly indexes: Uint32Array;
}

/** The least offset from `offset` on where a frame can begin. */
export function alignFrame(offset: number): number {
  return Math.ceil(offset / FRAME_HEADER_BYTES) * FRAME_HEADER_BYTES;
}

/** Writes the header of a frame at the start of `frame`, whose payload is already in its place. */
export function writeFrameHeader(
  frame: Buffer,
  firstSequence: number,
  count: number,
  payloadBytes: number,
): void {
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(VERSION, 4);
  frame.writeUInt32LE(firstSequence % HIGH_WORD, 8);
  frame.writeUInt32LE(Math.floor(firstSequence / HIGH_WORD), 12);
  frame.writeUInt32LE(count, 16);
  frame.writeUInt32LE(payloadBytes, 20);
  const payloadEnd = FRAME_HEADER_BYTES + payloadBytes;
  frame.writeUInt32LE(crc32c(frame, FRAME_HEADER_BYTES, payloadEnd), 24);
  frame.writeUInt32LE(crc32c(frame, 0, 28), 28);
}

/** Reads the header of a frame at an offset. Undefined where none is, or a damaged one. */
export function readFrameHeader(source: Buffer, offset: number): FrameHeader | undefined {
  if (offset + FRAME_HEADER_BYTES > source.length) return undefined;
  if (source.readUInt32LE(offset) !== MAGIC || source.readUInt32LE(offset + 4) !== VERSION)
    return undefined;
  if (crc32c(source, offset, offset + 28) !== source.readUInt32LE(offset + 28)) return undefined;
  const firstSequence =
    source.readUInt32LE(offset + 8) + source.readUInt32LE(offset + 12) * HIGH_WORD;
  const count = source.readUInt32LE(offset + 16);
  const payloadBytes = source.readUInt32LE(offset + 20);
  const bytes = alignFrame(FRAME_HEADER_BYTES + payloadBytes);
  const isPossible = firstSequence >= 1 && count >= 1 && count <= FRAME_RECORDS_MAX;
  if (!isPossible || bytes > FRAME_BYTES_MAX) return undefined;
  return { firstSequence, lastSequence: firstSequence + count - 1, payloadBytes, bytes };
}

/** Reads the records of a whole frame, as copies. Undefined where it is cut short or damaged. */
export function readFramePayload(frame: Buffer, header: FrameHeader): Columns | undefined {
  const end = FRAME_HEADER_BYTES + header.payloadBytes;
  if (frame.length < end) return undefined;
  if (crc32c(frame, FRAME_HEADER_BYTES, end) !== frame.readUInt32LE(24)) return undefined;
  const payload = Buffer.from(frame.subarray(FRAME_HEADER_BYTES, end));
  const kinds: Buffer[] = [];
  const cursor = { at: 0 };
  while (payload[cursor.at] === KINDS_TAG) {
    cursor.at += 1;
    const length = readVarint(payload, cursor);
    kinds.push(payload.subarray(cursor.at, cursor.at + length));
    cursor.at += length;
  }
  if (payload[cursor.at] !== INDEXES_TAG) return undefined;
  cursor.at += 1;
  if (cursor.at + readVarint(payload, cursor) > payload.length) return undefined;
  const indexes = new Uint32Array(header.lastSequence - header.firstSequence + 1);
  for (let i = 0; i < indexes.length; i++) {
    const index = readVarint(payload, cursor);
    if (index >= kinds.length) return undefined;
    indexes[i] = index;
  }
  return cursor.at === payload.length ? { kinds, indexes } : undefined;
}

/**
 * Reads a frame that holds a record, at the start of `bytes`, although one byte of its header is damaged: by trial, since
 * the checksum of the header admits the right byte and that of the payload confirms it. Changes `bytes`. Undefined where
 * more is damaged.
 */
export function mendFrame(bytes: Buffer, sequence: number): (FrameHeader & Columns) | undefined {
  for (let at = 0; at < FRAME_HEADER_BYTES; at++) {
    const damaged = bytes[at] as number;
    for (let mask = 1; mask <= 0xff; mask++) {
      bytes[at] = damaged ^ mask;
      const header = readFrameHeader(bytes, 0);
      const isSought =
        header && header.firstSequence <= sequence && header.lastSequence >= sequence;
      const columns = isSought && readFramePayload(bytes, header);
      if (columns) return { ...header, ...columns };
    }
    bytes[at] = damaged;
  }
  return undefined;
}

/** Writes a number below 2^31 as a varint of protobuf; returns the offset after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let [at, rest] = [offset, value];
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** Moves the cursor past what it reads; past the end, zeros are read. */
function readVarint(source: Uint8Array, cursor: { at: number }): number {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = source[cursor.at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80 || shift > 28) return value >>> 0;
  }
}
