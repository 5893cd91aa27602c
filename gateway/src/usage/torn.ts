import { FRAME_HEADER_BYTES, readFrameHeader } from "./group-frame.ts";

/** What a disk writes whole or not at all. Frames begin at multiples of 32 bytes, so a header lies within one. */
const SECTOR_BYTES = 512;

/**
 * Whether bytes where a frame was to begin, at an offset of the segment and up to its end, can be what a power cut leaves
 * of the last group: the file was zeros before, and each of its sectors is still zeros or was written. So a header of which
 * a part is wrong, or a frame that fails although each of its sectors was written, is damage of what was durable. A frame
 * that is damaged and has a sector of zeros by right cannot be told from one that is torn, and counts as torn.
 */
export function isTorn(rest: Buffer, offset: number): boolean {
  const sectorEnd = SECTOR_BYTES - (offset % SECTOR_BYTES);
  const header = readFrameHeader(rest, 0);
  if (header === undefined) {
    const isCut = rest.length < FRAME_HEADER_BYTES;
    return (
      isCut || isZero(rest.subarray(0, sectorEnd)) || isZero(rest.subarray(FRAME_HEADER_BYTES))
    );
  }
  const end = FRAME_HEADER_BYTES + header.payloadBytes;
  if (rest.length < end) return true;
  for (let at = sectorEnd; at < end; at += SECTOR_BYTES) {
    if (isZero(rest.subarray(at, Math.min(at + SECTOR_BYTES, end)))) return true;
  }
  return false;
}

/** Whether all bytes are zero. */
export function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
