import { crc32c } from "./crc32c.ts";

/**
 * Bytes before the payload. A frame of the spool is the length of the payload (uint32, little-endian), the CRC-32C of the
 * payload (likewise), and the payload: a serialized geomesh.metering.v1.UsageRecord. A length of 0 marks the end of what
 * was written.
 */
export const FRAME_HEADER_BYTES = 8;
/** The largest payload. */
export const PAYLOAD_BYTES_MAX = 4_096;

/** Writes a frame, for which the target must have room. Returns the offset after it. */
export function writeRecordFrame(target: Buffer, offset: number, payload: Uint8Array): number {
  const start = offset + FRAME_HEADER_BYTES;
  target.set(payload, start);
  target.writeUInt32LE(payload.length, offset);
  target.writeUInt32LE(crc32c(target, start, start + payload.length), offset + 4);
  return start + payload.length;
}

/** Reads the payload at an offset. Undefined at the end, and for a frame that is incomplete or damaged. */
export function readRecordFrame(source: Buffer, offset: number): Buffer | undefined {
  const start = offset + FRAME_HEADER_BYTES;
  if (start > source.length) return undefined;
  const length = source.readUInt32LE(offset);
  if (length === 0 || length > PAYLOAD_BYTES_MAX || start + length > source.length)
    return undefined;
  const end = start + length;
  return crc32c(source, start, end) === source.readUInt32LE(offset + 4)
    ? source.subarray(start, end)
    : undefined;
}
