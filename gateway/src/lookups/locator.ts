import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { FrameStream, type OpenStream } from "./frame-stream.ts";
import { LookupFrame } from "./lookup-frame.ts";
import type { EncodedResult } from "./results.ts";

const FRAME_ADDRESSES_MAX = 500;
const ADDRESSES_WAITING_MAX = 50_000;
const ATTEMPTS_MAX = 2;
const EXPIRY_SWEEP_MS = 100;
const RETRY_MS = 1_000;

/** What a locator works with. */
export interface LocatorDeps {
  readonly open: OpenStream;
  readonly clock: Clock;
  readonly log: Log;
}

/** How a locator uses geo. */
export interface LocatorOptions {
  /** Streams to geo; with several geo replicas at least one for each. */
  readonly streams: number;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Locates addresses through geo. */
export interface Locator {
  /**
   * Locates addresses; the results are in their order. The language is one of the contract; empty means English.
   * Errors: UPSTREAM_UNAVAILABLE when geo is unavailable or late, and when more than 50,000 addresses wait.
   */
  locate(ipAddresses: readonly string[], language: string): Promise<EncodedResult[]>;
  close(): void;
}

/**
 * Starts to locate addresses through geo. All lookups of one event-loop turn travel in one frame, and none waits when the
 * process is idle. A frame that is lost with its stream is sent once more.
 */
export function startLocator(deps: LocatorDeps, options: LocatorOptions): Locator {
  return new FrameLocator(deps, options);
}

class FrameLocator implements Locator {
  readonly #deps: LocatorDeps;
  readonly #timeoutMs: number;
  readonly #streams: FrameStream[];
  readonly #sweep: NodeJS.Timeout;
  #turn = new Map<string, LookupFrame>();
  #flush: NodeJS.Immediate | undefined;
  #nextStream = 0;
  #waiting = 0;
  #isClosed = false;
  #isFailing = false;

  constructor(deps: LocatorDeps, { streams, timeoutMs }: LocatorOptions) {
    this.#deps = deps;
    this.#timeoutMs = timeoutMs;
    this.#streams = Array.from(
      { length: streams },
      () => new FrameStream(deps.open, (frames, cause) => this.#lost(frames, cause)),
    );
    this.#sweep = setInterval(() => this.#expire(), EXPIRY_SWEEP_MS);
  }

  async locate(ipAddresses: readonly string[], language: string): Promise<EncodedResult[]> {
    if (this.#isClosed || this.#waiting + ipAddresses.length > ADDRESSES_WAITING_MAX) {
      throw unavailable();
    }
    this.#waiting += ipAddresses.length;
    try {
      const results = await this.#inFrames(ipAddresses, language);
      this.#isFailing = false;
      return results;
    } finally {
      this.#waiting -= ipAddresses.length;
    }
  }

  close(): void {
    this.#isClosed = true;
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
    const frame = new LookupFrame(language, this.#deps.clock.monotonicMs() + this.#timeoutMs);
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
    if (cause !== undefined && !this.#isFailing) {
      this.#isFailing = true;
      this.#deps.log.warn({ err: cause, frames: frames.length }, "lost the stream to geo");
    }
    for (const frame of frames) {
      if (this.#isClosed || frame.attempts >= ATTEMPTS_MAX) frame.reject(unavailable(cause));
      else this.#send(frame);
    }
  }

  #expire(): void {
    const monotonicMs = this.#deps.clock.monotonicMs();
    for (const stream of this.#streams) {
      for (const frame of stream.takeExpired(monotonicMs)) frame.reject(unavailable());
    }
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", {
    message: "location lookups are unavailable at the moment",
    retryAfterMs: RETRY_MS,
    cause,
  });
}
