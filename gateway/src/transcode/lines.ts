import { asBuffer } from "./as-buffer.ts";
import { TranscodeError } from "./transcode-error.ts";

/** A line of a body. */
export interface Line {
  /** From 1, with the empty lines counted, as an editor counts them. */
  readonly number: number;
  /** Not empty, and without the end of the line. A view of the chunk where the line stands in one chunk. */
  readonly bytes: Buffer;
}

/** What a caller may choose about lines. */
export interface LineOptions {
  /** Longest line, in bytes, without its end. Default 64 KiB. */
  readonly lineBytesMax?: number;
}

const LINE_BYTES_MAX = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;
/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** What a line may have that is not counted: a byte order mark and a CR. */
const UNCOUNTED_BYTES_MAX = BYTE_ORDER_MARK.length + 1;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts bytes that come in chunks into lines, which end in LF or CRLF; the last may have no end. Empty lines are passed over, and a
 * byte order mark before the first line. A CR elsewhere belongs to its line. Bytes are copied only where a line stands in several
 * chunks, and kept only up to the longest line.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  /** The beginning of a line that did not end yet. Its bytes are handed out with the line, and never written again. */
  #begun = NOTHING;
  #begunBytes = 0;
  #number = 1;
  #tooLong: TranscodeError | undefined;

  constructor({ lineBytesMax = LINE_BYTES_MAX }: LineOptions = {}) {
    this.#lineBytesMax = lineBytesMax;
  }

  /**
   * The lines that end in this chunk, in their order. Of a chunk with a line that is too long, the lines before it come, and the
   * next call is told. Errors: TranscodeError with the number of the line that is too long.
   */
  push(chunk: Uint8Array): Line[] {
    this.throwIfTooLong();
    const bytes = asBuffer(chunk);
    const lines: Line[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      if (this.#begunBytes === 0) this.#add(lines, bytes, from, withoutCr(bytes, from, end));
      else {
        this.#keep(bytes, from, end);
        this.#add(lines, this.#begun, 0, withoutCr(this.#begun, 0, this.#begunBytes));
        this.#forget();
      }
      this.#number += 1;
      from = end + 1;
    }
    this.#keep(bytes, from, bytes.length);
    return lines;
  }

  /** The last line, where it has no end. Errors: as of `push`. */
  end(): Line[] {
    this.throwIfTooLong();
    const lines: Line[] = [];
    this.#add(lines, this.#begun, 0, this.#begunBytes);
    this.#forget();
    this.throwIfTooLong();
    return lines;
  }

  /** Errors: TranscodeError where the last chunk had a line that is too long. */
  throwIfTooLong(): void {
    if (this.#tooLong !== undefined) throw this.#tooLong;
  }

  #add(lines: Line[], source: Buffer, start: number, end: number): void {
    const from = this.#number === 1 ? afterByteOrderMark(source, start, end) : start;
    if (end - from > this.#lineBytesMax) this.#refuse();
    if (this.#tooLong === undefined && end > from) {
      lines.push({ number: this.#number, bytes: source.subarray(from, end) });
    }
  }

  /** Copies what belongs to a line that did not end, unless that is too long already. */
  #keep(source: Buffer, start: number, end: number): void {
    const bound = this.#lineBytesMax + UNCOUNTED_BYTES_MAX;
    const needed = this.#begunBytes + end - start;
    if (needed > bound) this.#refuse();
    if (needed > bound || start === end) return;
    if (needed > this.#begun.length) {
      const larger = Buffer.allocUnsafe(Math.min(bound, Math.max(needed, 2 * this.#begun.length)));
      this.#begun.copy(larger, 0, 0, this.#begunBytes);
      this.#begun = larger;
    }
    source.copy(this.#begun, this.#begunBytes, start, end);
    this.#begunBytes = needed;
  }

  #forget(): void {
    this.#begun = NOTHING;
    this.#begunBytes = 0;
  }

  #refuse(): void {
    const description = `is longer than ${this.#lineBytesMax} bytes`;
    this.#tooLong ??= new TranscodeError([{ field: `line ${this.#number}`, description }]);
  }
}

/**
 * The lines of a body, in an array for each chunk that ends some, so that a line costs no promise. Takes a chunk only when its
 * consumer asks for more. A consumer that leaves early, and a line that is too long, end the source, which destroys a stream of
 * Node: where the stream is needed longer, as a request whose answer goes on, its `iterator({ destroyOnReturn: false })` is the
 * source. Errors: TranscodeError with the number of a line that is too long, after the lines before it; whatever the source throws.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  options: LineOptions = {},
): AsyncGenerator<readonly Line[], void, undefined> {
  const splitter = new LineSplitter(options);
  for await (const chunk of source) {
    const lines = splitter.push(chunk);
    if (lines.length > 0) yield lines;
    splitter.throwIfTooLong();
  }
  const last = splitter.end();
  if (last.length > 0) yield last;
}

/** Where a line ends whose LF is at `end`. */
function withoutCr(source: Buffer, start: number, end: number): number {
  return end > start && source[end - 1] === CR ? end - 1 : end;
}

function afterByteOrderMark(source: Buffer, start: number, end: number): number {
  const isMarked =
    end - start >= BYTE_ORDER_MARK.length &&
    BYTE_ORDER_MARK.every((byte, at) => source[start + at] === byte);
  return isMarked ? start + BYTE_ORDER_MARK.length : start;
}
