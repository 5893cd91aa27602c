import type { StreamPiece, StreamRequest } from "../operations/stream.ts";
import { timely } from "./timely.ts";

/** Longest pause of a stream whose client is owed nothing, in milliseconds. */
export const STREAM_PAUSE_MS_MAX = 60_000;

/** When a stream ends. */
export interface OwedOptions {
  /** Longest pause before some requests, in milliseconds. */
  readonly pauseMsMax: number;
  /** Ends the stream when it aborts. */
  readonly leaving: AbortSignal;
}

/** The requests and answers of one stream, whose client must go on in time unless answers are owed to it. */
export class Owed {
  readonly #options: OwedOptions;
  #count = 0;

  constructor(options: OwedOptions) {
    this.#options = options;
  }

  /** The requests as they come, in time. Errors: as of `timely`. */
  async *requests<R extends StreamRequest>(
    source: AsyncIterable<readonly R[]>,
  ): AsyncGenerator<readonly R[], void, undefined> {
    const isOwing = () => this.#count > 0;
    for await (const some of timely(source, { ...this.#options, isOwing })) {
      this.#count += some.length;
      yield some;
    }
  }

  /** The answers as they come. */
  async *answers(source: AsyncIterable<StreamPiece>): AsyncGenerator<StreamPiece, void, undefined> {
    for await (const piece of source) {
      this.#count -= piece.count;
      yield piece;
    }
  }
}
