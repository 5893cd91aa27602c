const BLOCK_BYTES = 512;
const SIZE_START = 124;
const SIZE_END = 136;
const NAME_BYTES = 100;

/**
 * Yields the content of the first file in a tar archive whose name ends with `extension`, piece by piece. Errors: an Error
 * if there is none, if the archive ends within it, or if it is not a tar archive. Format: POSIX.1-1988 ustar.
 */
export async function* fileInTar(
  archive: AsyncIterable<Buffer>,
  extension: string,
): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let skip = 0;
  let take = -1;
  for await (const chunk of archive) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length > 0) {
      if (skip > 0) {
        const skipped = Math.min(skip, pending.length);
        skip -= skipped;
        pending = pending.subarray(skipped);
      } else if (take > 0) {
        const content = pending.subarray(0, take);
        take -= content.length;
        pending = pending.subarray(content.length);
        yield content;
        if (take === 0) return;
      } else if (pending.length < BLOCK_BYTES) break;
      else {
        const { name, size } = readHeader(pending);
        pending = pending.subarray(BLOCK_BYTES);
        if (name.endsWith(extension) && size > 0) take = size;
        else skip = Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
      }
    }
  }
  throw new Error(take > 0 ? "the archive is cut off" : `the archive has no ${extension} file`);
}

function readHeader(block: Buffer): { name: string; size: number } {
  const field = (start: number, end: number) => block.toString("latin1", start, end).split("\0")[0];
  const size = Number.parseInt(field(SIZE_START, SIZE_END) || "0", 8);
  if (!Number.isSafeInteger(size)) throw new Error("the download is not a tar archive");
  return { name: field(0, NAME_BYTES) ?? "", size };
}
