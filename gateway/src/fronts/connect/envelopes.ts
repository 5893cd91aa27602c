import { AppError } from "@geomesh/runtime/errors";

const HEAD_BYTES = 5;
const COMPRESSED = 1;

/** A message as it was sent. */
export interface Envelope {
  readonly isCompressed: boolean;
  readonly bytes: Buffer;
}

/** Takes a stream of bytes apart into the messages that gRPC and Connect put into envelopes. */
export class EnvelopeSplitter {
  readonly #bytesMax: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes that are needed before anything can be taken out. */
  #needed = HEAD_BYTES;

  /** `bytesMax` bounds one message. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True where the stream may end here: no envelope has begun. */
  get isEmpty(): boolean {
    return this.#restBytes === 0;
  }

  /** Takes bytes, and returns the messages that they complete. Errors: MALFORMED_REQUEST, BODY_TOO_LARGE. */
  push(chunk: Buffer): Envelope[] {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    if (this.#restBytes < this.#needed) return [];
    let bytes = Buffer.concat(this.#rest, this.#restBytes);
    const envelopes: Envelope[] = [];
    while (bytes.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#lengthOf(bytes);
      this.#needed = end;
      if (bytes.length < end) break;
      const isCompressed = bytes[0] === COMPRESSED;
      envelopes.push({ isCompressed, bytes: bytes.subarray(HEAD_BYTES, end) });
      bytes = bytes.subarray(end);
      this.#needed = HEAD_BYTES;
    }
    this.#rest = bytes.length === 0 ? [] : [bytes];
    this.#restBytes = bytes.length;
    return envelopes;
  }

  #lengthOf(head: Buffer): number {
    const [flags = 0] = head;
    if (flags > COMPRESSED) {
      throw new AppError("MALFORMED_REQUEST", { message: `a message has unknown flags: ${flags}` });
    }
    const length = head.readUInt32BE(1);
    if (length > this.#bytesMax) throw messageTooLarge(this.#bytesMax);
    return length;
  }
}

/** The error of a message that is too large. */
export function messageTooLarge(bytesMax: number): AppError {
  return new AppError("BODY_TOO_LARGE", { message: `the message exceeds ${bytesMax} bytes` });
}
