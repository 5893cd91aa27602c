import { basename } from "node:path";
import { isTarHeader, readTarHeader, TAR_BLOCK_BYTES } from "./tar-header.ts";

/** A long name or the records of an extended header: anything longer is no name. */
const META_BYTES_MAX = 64 * 1024;

/** The types whose content is that of a file; a hard link has none of its own. */
const FILE_TYPES: ReadonlySet<string> = new Set(["0", "\0", "7"]);
const EXTENDED_TYPE = "x";
const LONG_NAME_TYPE = "L";

/** What stands before a header and belongs to the file after it. */
interface Extension {
  readonly name?: string | undefined;
  readonly size?: number | undefined;
}

/** A file of an archive. Its content is read before the next file is asked for, or not at all. */
export interface TarFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What is taken out of an archive. */
export interface TarFileOptions {
  /** What the name ends with, such as `.mmdb`. */
  readonly extension: string;
  readonly bytesMax: number;
}

/**
 * Yields the content of the first file in a tar archive whose name ends with `extension`, piece by piece. Errors: an Error if there
 * is none, and those of `filesInTar`.
 */
export async function* fileInTar(
  archive: AsyncIterable<Uint8Array>,
  { extension, bytesMax }: TarFileOptions,
): AsyncGenerator<Uint8Array> {
  for await (const { name, size, content } of filesInTar(archive, bytesMax)) {
    if (size === 0 || !name.toLowerCase().endsWith(extension)) continue;
    yield* content;
    return;
  }
  throw new Error(`the archive has no ${extension} file`);
}

/**
 * Yields the files of a tar archive. They are files by their type; hidden ones are none, such as the `._` files that macOS adds.
 * Two blocks of zeros end the archive, whatever follows. Errors: an Error if the archive ends within a file, if it is not a tar
 * archive, and if all its entries have more than `bytesMax` together, also those that are no files: what is skipped has to be
 * unpacked as well. Formats: POSIX.1-1988 ustar and POSIX.1-2001 pax, with the long names of GNU tar.
 */
export async function* filesInTar(
  archive: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<TarFile> {
  const bytes = new ByteQueue(archive);
  try {
    yield* files(bytes, bytesMax);
  } finally {
    await bytes.close();
  }
}

async function* files(bytes: ByteQueue, bytesMax: number): AsyncGenerator<TarFile> {
  let next: Extension = {};
  let isEnding = false;
  for (let total = 0; ; ) {
    const block = await bytes.exactly(TAR_BLOCK_BYTES);
    const wasEnding = isEnding;
    isEnding = block?.every((byte) => byte === 0) ?? true;
    if (block === undefined || (isEnding && wasEnding)) return;
    if (isEnding) continue;
    if (!isTarHeader(block)) throw new Error("the download is not a tar archive");
    const header = readTarHeader(block);
    const { type } = header;
    const size = next.size ?? header.size;
    const padding = (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
    total += TAR_BLOCK_BYTES + size;
    if (total > bytesMax) throw new Error(`the archive unpacks to more than ${bytesMax} bytes`);
    if (type === EXTENDED_TYPE || type === LONG_NAME_TYPE) {
      const content = await readMeta(bytes, header.size);
      next = {
        ...next,
        ...(type === EXTENDED_TYPE ? paxRecords(content) : { name: cString(content) }),
      };
      await bytes.skip(padding);
      continue;
    }
    const name = next.name ?? header.name;
    next = {};
    let left = size;
    if (FILE_TYPES.has(type) && isVisible(name)) {
      yield {
        name,
        size,
        content: counted(bytes.pieces(size), (count) => {
          left -= count;
        }),
      };
    }
    await bytes.skip(left + padding);
  }
}

async function* counted(
  pieces: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

function isVisible(name: string): boolean {
  const path = name.split("/");
  if (path.includes("..") || path.includes("__MACOSX")) return false;
  return !basename(name).startsWith(".");
}

async function readMeta(bytes: ByteQueue, size: number): Promise<Buffer> {
  if (size > META_BYTES_MAX) throw new Error(`the archive has a name of ${size} bytes`);
  const content = await bytes.exactly(size);
  if (content === undefined) throw new Error("the archive is cut off");
  return content;
}

/** Records are `<length> <keyword>=<value>\n`, and the length counts itself. */
function paxRecords(content: Buffer): Extension {
  let extension: Extension = {};
  for (let start = 0; start < content.length; ) {
    const space = content.indexOf(0x20, start);
    const length = Number(content.toString("latin1", start, Math.max(start, space)));
    const end = start + length;
    if (!Number.isInteger(length) || length < 5 || end > content.length) {
      throw new Error("the archive has an invalid extended header");
    }
    const record = content.toString("utf8", space + 1, end - 1);
    const value = record.slice(record.indexOf("=") + 1);
    if (record.startsWith("path=")) extension = { ...extension, name: value };
    if (record.startsWith("size=")) extension = { ...extension, size: sizeOf(value) };
    start = end;
  }
  return extension;
}

function sizeOf(text: string): number {
  const size = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(size)) throw new Error("the archive has an invalid extended header");
  return size;
}

function cString(content: Buffer): string {
  return content.toString("utf8").split("\0")[0] ?? "";
}

/** Bytes that arrive in pieces of any size, taken in pieces of known sizes. */
class ByteQueue {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes; undefined if there are fewer. */
  async exactly(count: number): Promise<Buffer | undefined> {
    while (this.#pending.length < count) {
      const { done, value } = await this.#pieces.next();
      if (done) return undefined;
      this.#pending = Buffer.concat([this.#pending, value]);
    }
    return this.#take(count);
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.pieces(count));
  }

  /** The next bytes as they arrive. Errors: an Error if there are fewer. */
  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#pending.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) throw new Error("the archive is cut off");
        this.#pending = Buffer.from(value);
      }
      const piece = this.#take(Math.min(left, this.#pending.length));
      left -= piece.length;
      yield piece;
    }
  }

  /** Ends the source: what is left of it is not needed. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }
}
