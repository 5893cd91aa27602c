/** Archives consist of blocks of this size. */
export const TAR_BLOCK_BYTES = 512;

const NAME_BYTES = 100;
const SIZE_START = 124;
const CHECKSUM_START = 148;
const CHECKSUM_END = 156;
const TYPE_AT = 156;
const MAGIC_START = 257;
const PREFIX_START = 345;
const PREFIX_BYTES = 155;

/** What a header says about the entry that follows it. */
export interface TarHeader {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** One character. */
  readonly type: string;
}

/** True for a block whose checksum is right: the sum of its bytes, with those of the checksum itself as spaces. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK_BYTES) return false;
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK_BYTES; i++) {
    sum += i >= CHECKSUM_START && i < CHECKSUM_END ? 0x20 : (block[i] as number);
  }
  return octal(Buffer.from(block), CHECKSUM_START, CHECKSUM_END) === sum;
}

/** Reads a header. Errors: an Error for a size that is not octal, as that of a file of 8 GiB and more. */
export function readTarHeader(block: Buffer): TarHeader {
  const text = (start: number, bytes: number) =>
    block.toString("utf8", start, start + bytes).split("\0")[0] ?? "";
  const size = octal(block, SIZE_START, SIZE_START + 12);
  if (size === undefined) throw new Error("the archive has an entry of an unknown size");
  const isUstar = block.toString("latin1", MAGIC_START, MAGIC_START + 6) === "ustar\0";
  const prefix = isUstar ? text(PREFIX_START, PREFIX_BYTES) : "";
  const name = text(0, NAME_BYTES);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    size,
    type: String.fromCharCode(block[TYPE_AT] as number),
  };
}

function octal(block: Buffer, start: number, end: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString("latin1", start, end))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}
