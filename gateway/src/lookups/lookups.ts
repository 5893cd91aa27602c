import { AppError } from "@geomesh/runtime/errors";
import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { isTestKey } from "../keys/key-table.ts";
import type { Admitted, Room } from "../operations/admission.ts";
import type { Asker } from "../operations/asker.ts";
import { Frame } from "./frame.ts";
import { createAnswerReader, type FrameAnswers } from "./frame-answers.ts";
import { FrameStream, type OpenStream } from "./frame-stream.ts";
import { Lookup, type LookupDeps, type LookupResponse, type Question } from "./lookup.ts";
import { LookupQueue, type PutInFrame } from "./lookup-queue.ts";
import type { LookupCounts } from "./metrics.ts";
import { onlyTestAddresses } from "./test-addresses.ts";
import { UnderWay } from "./under-way.ts";

const FRAME_ADDRESSES_MAX = 256;
/** Of batches, for each stream: two frames keep geo busy, and what waits longer waits here, where it is served in turn. */
const BATCH_CREDIT_ADDRESSES = 2 * FRAME_ADDRESSES_MAX;
/** Of all, for each stream: there is room for single lookups while batches have used up theirs. */
const CREDIT_ADDRESSES = BATCH_CREDIT_ADDRESSES + 2 * FRAME_ADDRESSES_MAX;
/** Most parts of answers that are kept, and bytes of their JSON, per stream. */
const PARTS_MAX = 65_536;
const RENDERED_BYTES_MAX = 64 * 1024 * 1024;
const ATTEMPTS_MAX = 2;
const EXPIRY_SWEEP_MS = 100;
const RETRY_MS = 1_000;
/** A stream that breaks is open again, at another geo, before so long. */
const UNAVAILABLE_MS = 1_000;
const LATE = "geo did not answer in time";
const GEO_UNAVAILABLE: ReadinessProblem = {
  reason: "geo_unavailable",
  message: "geo does not answer",
};

/** What lookups work with. */
export interface LookupsDeps extends LookupDeps {
  readonly open: OpenStream;
}

/** How lookups use geo. */
export interface LookupsOptions {
  /** Streams to geo; with several geo replicas at least one for each. */
  readonly streams: number;
  /** Longest lookup, from its admission to its last answer, in milliseconds; less where its client waits less. */
  readonly timeoutMs: number;
}

/** Locates addresses through geo. */
export interface Lookups {
  /** The bounds of what is under way, for the admission. */
  readonly room: Room;
  /**
   * Locates the addresses of an admitted request, records its usage and answers its asker once that is durable. It never
   * throws. Errors that the asker gets: UPSTREAM_UNAVAILABLE when geo is unavailable or late, DEADLINE_EXCEEDED when the client
   * waits no longer; those of `Unpaid.pay` and `Spool.append`.
   */
  start(admitted: Admitted, asker: Asker, question: Question, response: LookupResponse): void;
  /** Why no address can be located; empty while one stream to geo is answered, or was a second ago. */
  problems(): ReadinessProblem[];
  /** What Prometheus reads. */
  readonly counts: Readonly<LookupCounts>;
  close(): void;
}

/**
 * Starts to locate addresses through geo. The lookups of one event-loop turn travel together, none waits while the process is
 * idle, and when geo is busy the accounts are served in turn. A frame that is lost with its stream is sent once more.
 */
export function startLookups(deps: LookupsDeps, options: LookupsOptions): Lookups {
  return new FramedLookups(deps, options);
}

class FramedLookups implements Lookups {
  readonly room = new UnderWay();
  readonly #deps: LookupsDeps;
  readonly #timeoutMs: number;
  readonly #streams: FrameStream[];
  readonly #sweep: NodeJS.Timeout;
  readonly #queue = new LookupQueue();
  /** Lookups that may never be answered: sent where nothing else waits. */
  readonly #unpaid = new LookupQueue();
  readonly #ended = (lookup: Lookup) => this.#end(lookup);
  #flush: NodeJS.Immediate | undefined;
  readonly counts = { frames: 0, addresses: 0, lostFrames: 0, lostStreams: 0, streamsUp: 0 };
  /** Since when no stream is answered; undefined while one is. */
  #downMs: number | undefined = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #isFailing = false;

  constructor(deps: LookupsDeps, { streams, timeoutMs }: LookupsOptions) {
    this.#deps = deps;
    this.#timeoutMs = timeoutMs;
    const { open, clock } = deps;
    const kept = { partsMax: PARTS_MAX, renderedBytesMax: RENDERED_BYTES_MAX };
    const newReader = () => createAnswerReader(kept, { clock });
    const onAnswered = (frame: Frame, answers: FrameAnswers) => this.#answered(frame, answers);
    const onBroken = (frames: Frame[], cause: unknown) => this.#lost(frames, cause);
    this.#streams = Array.from(
      { length: streams },
      () =>
        new FrameStream({
          ...{ open, newReader, partsMax: PARTS_MAX, onAnswered, onBroken },
          // Geos that restart in turn may all be out of reach for a moment; one that stays away fails its callers at once.
          waitsForGeo: () => this.problems().length === 0,
          onUp: () => this.#up(),
          silentMsMax: timeoutMs,
          clock,
        }),
    );
    this.#sweep = setInterval(() => this.#expire(), EXPIRY_SWEEP_MS);
  }

  start(admitted: Admitted, asker: Asker, question: Question, response: LookupResponse): void {
    const monotonicMs = this.#deps.clock.monotonicMs();
    const { deadlineMs: clientsMs = Number.POSITIVE_INFINITY } = asker.call;
    const deadlineMs = Math.min(monotonicMs + this.#timeoutMs, clientsMs);
    const request = { admitted, asker, deadlineMs };
    const asked = isTestKey(admitted.principal)
      ? onlyTestAddresses(question, response)
      : { question, response };
    const lookup = new Lookup(this.#deps, request, asked.question, asked.response);
    if (asked.question.ipAddresses.length === 0) this.#end(lookup);
    else if (this.#isClosed || deadlineMs <= monotonicMs) this.#end(lookup, unavailable());
    else {
      (lookup.isUnpaid ? this.#unpaid : this.#queue).add(lookup);
      this.#flush ??= setImmediate(() => {
        this.#flush = undefined;
        this.#sendWaiting();
      });
    }
  }

  problems(): ReadinessProblem[] {
    const downMs = this.#downMs;
    if (downMs === undefined) return [];
    const isOver = this.#deps.clock.monotonicMs() - downMs >= UNAVAILABLE_MS;
    return isOver ? [GEO_UNAVAILABLE] : [];
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const stream of this.#streams) stream.close();
    for (const queue of [this.#queue, this.#unpaid]) {
      for (const lookup of queue.takeAll()) this.#end(lookup, unavailable());
    }
  }

  /** Fills frames from the queue as far as the credit goes, and sends them. */
  #sendWaiting(): void {
    if (this.#queue.isEmpty && this.#unpaid.isEmpty) return;
    const underWay = this.#streams.reduce((sum, { addresses }) => sum + addresses, 0);
    const room = {
      batches: this.#streams.length * BATCH_CREDIT_ADDRESSES - underWay,
      all: this.#streams.length * CREDIT_ADDRESSES - underWay,
    };
    const frames = new Map<string, Frame>();
    const put: PutInFrame = (lookup, offset, count) => this.#put(frames, lookup, offset, count);
    const { batches } = this.#queue.drain(room, put);
    if (this.#queue.isEmpty) this.#unpaid.drain({ batches, all: batches }, put);
    for (const frame of frames.values()) this.#send(frame);
  }

  /** Puts addresses into the frame of their form; a frame that is full is sent. */
  #put(frames: Map<string, Frame>, lookup: Lookup, offset: number, count: number): void {
    const { language, withNames } = lookup.question;
    const form = withNames ? `${language} names` : language;
    for (let done = 0; done < count; ) {
      let frame = frames.get(form);
      if (frame === undefined) {
        frame = new Frame(lookup.question, this.#deps.clock.monotonicMs() + this.#timeoutMs);
        frames.set(form, frame);
      }
      const fits = Math.min(count - done, FRAME_ADDRESSES_MAX - frame.ipAddresses.length);
      frame.add(lookup, offset + done, fits);
      done += fits;
      if (frame.ipAddresses.length < FRAME_ADDRESSES_MAX) continue;
      frames.delete(form);
      this.#send(frame);
    }
  }

  /** Sends a frame on the stream with the fewest addresses under way. */
  #send(frame: Frame): void {
    let [least] = this.#streams;
    for (const stream of this.#streams) {
      if (stream.addresses < (least?.addresses ?? 0)) least = stream;
    }
    this.counts.frames += 1;
    this.counts.addresses += frame.ipAddresses.length;
    least?.send(frame);
  }

  #answered(frame: Frame, answers: FrameAnswers): void {
    // What waits goes out first, so that geo works while the answers are written.
    this.#sendWaiting();
    frame.answered(answers, this.#ended);
  }

  #up(): void {
    this.#downMs = undefined;
    this.counts.streamsUp = this.#streamsUp();
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#deps.log.info("geo answers again");
  }

  #streamsUp(): number {
    return this.#streams.reduce((count, { isUp }) => count + (isUp ? 1 : 0), 0);
  }

  #lost(frames: Frame[], cause: unknown): void {
    this.counts.lostStreams += 1;
    this.counts.lostFrames += frames.length;
    this.counts.streamsUp = this.#streamsUp();
    if (this.counts.streamsUp === 0) this.#downMs ??= this.#deps.clock.monotonicMs();
    if (cause !== undefined && !this.#isFailing) {
      this.#isFailing = true;
      this.#deps.log.warn({ err: cause, frames: frames.length }, "lost the stream to geo");
    }
    for (const frame of frames) {
      if (this.#isClosed || frame.attempts >= ATTEMPTS_MAX) this.#fail(frame, unavailable(cause));
      else this.#send(frame);
    }
    if (!this.#isClosed) this.#sendWaiting();
  }

  /** Ends the lookups that have taken too long, wherever they are. A frame under way may outlast some of its own. */
  #expire(): void {
    const monotonicMs = this.#deps.clock.monotonicMs();
    for (const stream of this.#streams) {
      for (const lookup of stream.expired(monotonicMs)) this.#end(lookup, unavailable(LATE));
      stream.dropExpired(monotonicMs);
    }
    for (const queue of [this.#queue, this.#unpaid]) {
      for (const lookup of queue.takeExpired(monotonicMs)) this.#end(lookup, unavailable(LATE));
    }
    for (const stream of this.#streams) stream.check(monotonicMs);
    this.#sendWaiting();
  }

  #fail(frame: Frame, error: AppError): void {
    for (const lookup of frame.lookups()) this.#end(lookup, error);
  }

  #end(lookup: Lookup, failure?: AppError): void {
    if (!lookup.isOver) lookup.record(failure);
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", {
    message: "location lookups are unavailable at the moment",
    retryAfterMs: RETRY_MS,
    cause,
  });
}
