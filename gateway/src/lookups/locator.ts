import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { FrameStream, type OpenStream } from "./frame-stream.ts";
import { LookupFrame } from "./lookup-frame.ts";
import type { EncodedResult } from "./results.ts";

const FRAME_ADDRESSES_MAX = 500;
const ADDRESSES_WAITING_MAX = 50_000;
const ATTEMPTS_MAX = 2;
const EXPIRY_SWEEP_MS = 100;

export interface LocatorOptions {
  readonly open: OpenStream;
  /** Streams to geo; with several geo replicas at least one for each. */
  readonly streams: number;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/**
 * Locates addresses: all lookups of one event-loop turn travel to geo in one frame, and none waits when idle.
 * A frame lost with its stream is sent once more. Errors: unavailable when geo is away or late,
 * or when more than 50,000 addresses wait.
 */
export class Locator {
  readonly #streams: FrameStream[];
  readonly #timeoutMs: number;
  readonly #log: Log;
  readonly #sweep: NodeJS.Timeout;
  #turn = new Map<string, LookupFrame>();
  #flush: NodeJS.Immediate | undefined;
  #nextStream = 0;
  #waiting = 0;
  #closed = false;
  #away = false;

  constructor({ open, streams, timeoutMs, log }: LocatorOptions) {
    this.#streams = Array.from(
      { length: streams },
      () => new FrameStream(open, (frames, cause) => this.#lost(frames, cause)),
    );
    this.#timeoutMs = timeoutMs;
    this.#log = log;
    this.#sweep = setInterval(() => this.#expire(), EXPIRY_SWEEP_MS);
  }

  /** The results in the order of the addresses. Language as in the contract; empty means English. */
  async locate(ipAddresses: readonly string[], language: string): Promise<EncodedResult[]> {
    if (this.#closed || this.#waiting + ipAddresses.length > ADDRESSES_WAITING_MAX) throw away();
    this.#waiting += ipAddresses.length;
    try {
      const results = await this.#inFrames(ipAddresses, language);
      this.#away = false;
      return results;
    } finally {
      this.#waiting -= ipAddresses.length;
    }
  }
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const stream of this.#streams) stream.close();
  }

  async #inFrames(ipAddresses: readonly string[], language: string): Promise<EncodedResult[]> {
    if (ipAddresses.length <= FRAME_ADDRESSES_MAX) {
      return this.#frameFor(language, ipAddresses.length).add(ipAddresses);
    }
    const parts = [];
    for (let from = 0; from < ipAddresses.length; from += FRAME_ADDRESSES_MAX) {
      const part = ipAddresses.slice(from, from + FRAME_ADDRESSES_MAX);
      parts.push(this.#frameFor(language, part.length).add(part));
    }
    return (await Promise.all(parts)).flat();
  }

  #frameFor(language: string, count: number): LookupFrame {
    const current = this.#turn.get(language);
    if (current && current.ipAddresses.length + count <= FRAME_ADDRESSES_MAX) return current;
    if (current) this.#send(current);
    const frame = new LookupFrame(language, performance.now() + this.#timeoutMs);
    this.#turn.set(language, frame);
    this.#flush ??= setImmediate(() => this.#flushTurn());
    return frame;
  }

  #flushTurn(): void {
    this.#flush = undefined;
    const frames = this.#turn;
    this.#turn = new Map();
    for (const frame of frames.values()) this.#send(frame);
  }

  #send(frame: LookupFrame): void {
    const stream = this.#streams[this.#nextStream++ % this.#streams.length];
    stream?.send(frame);
  }

  #lost(frames: LookupFrame[], cause: unknown): void {
    if (cause !== undefined && !this.#away) {
      this.#away = true;
      this.#log.warn({ err: cause, frames: frames.length }, "lost the stream to geo");
    }
    for (const frame of frames) {
      if (this.#closed || frame.attempts >= ATTEMPTS_MAX) frame.reject(away(cause));
      else this.#send(frame);
    }
  }

  #expire(): void {
    const now = performance.now();
    for (const stream of this.#streams) {
      for (const frame of stream.takeExpired(now)) frame.reject(away());
    }
  }
}

function away(cause?: unknown): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", {
    message: "location lookups are unavailable for the moment",
    retryAfterMs: 1000,
    cause,
  });
}
