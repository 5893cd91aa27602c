import { create } from "@bufbuild/protobuf";
import {
  type LookupFramesRequest,
  LookupFramesRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { Clock } from "@geomesh/runtime/clock";
import type { CallOptions } from "@geomesh/runtime/grpc/call";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { AnswerForm, Frame } from "./frame.ts";
import type { AnswerReader, FrameAnswers } from "./frame-answers.ts";
import type { Lookup } from "./lookup.ts";

/** Opens one LookupFrames stream, which waits for a geo that can be reached or fails while there is none. */
export type OpenStream = (
  options: Required<Pick<CallOptions, "waitForReady">>,
) => ClientDuplexStream<LookupFramesRequest, Buffer>;

/** What a stream works with. */
export interface FrameStreamDeps {
  readonly open: OpenStream;
  /** Whether a stream that is opened now waits for a geo that can be reached, for up to 2 s. */
  readonly waitsForGeo: () => boolean;
  /** Makes a reader for each stream that is opened. */
  readonly newReader: () => AnswerReader;
  /** Most parts that a reader keeps, which the first frame of a stream tells geo. */
  readonly partsMax: number;
  readonly onAnswered: (frame: Frame, answers: FrameAnswers) => void;
  /** Gets the frames that were under way when the stream broke. */
  readonly onBroken: (frames: Frame[], cause: unknown) => void;
  /** Hears that geo answers, for the first time or after the stream broke. */
  readonly onUp: () => void;
  /** A geo that says nothing for so long, in milliseconds, while it is asked, is given up with its stream. */
  readonly silentMsMax: number;
  readonly clock: Clock;
}

/** After so long without a question geo is asked an empty one: it may hang, which only an answer can tell. */
const IDLE_MS_MAX = 1_000;
const NO_FORM: AnswerForm = { language: "", withNames: false };
/** Above the pause between attempts to connect, with room for a machine that is busy. */
const WAIT_MS_MAX = 2_000;

/** One bidirectional stream to geo. It opens when it is needed, and again after it broke. */
export class FrameStream {
  /** Addresses that are under way. */
  addresses = 0;
  readonly #deps: FrameStreamDeps;
  #call: ReturnType<OpenStream> | undefined;
  #underWay = new Map<number, Frame>();
  #nextFrameId = 1;
  #isUp = false;
  #heardMs = Number.NEGATIVE_INFINITY;
  /** Since when an answer is waited for; undefined while none is. */
  #askedMs: number | undefined;
  /** How long an answer is waited for. */
  #silentMsMax = 0;

  constructor(deps: FrameStreamDeps) {
    this.#deps = deps;
  }

  /** True after an answer, until the stream breaks. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Makes sure that geo answers, to be called every tenth of a second. */
  check(monotonicMs: number): void {
    const silentMsMax = this.#silentMsMax;
    if (this.#askedMs === undefined) {
      if (monotonicMs - this.#heardMs >= IDLE_MS_MAX) this.#ask();
    } else if (monotonicMs - this.#askedMs >= silentMsMax) {
      this.#end(this.#call, new Error(`geo did not answer for ${silentMsMax} ms`));
    }
  }

  /** Sends a frame, which is under way until it is answered, taken back or handed to `onBroken`. */
  send(frame: Frame): void {
    frame.attempts += 1;
    const { ipAddresses } = frame;
    try {
      const frameId = this.#write(ipAddresses, frame);
      this.#underWay.set(frameId, frame);
      this.addresses += ipAddresses.length;
    } catch (error) {
      this.#deps.onBroken([frame], error);
    }
  }

  /** The lookups under way whose deadline has passed. */
  *expired(monotonicMs: number): Generator<Lookup> {
    for (const frame of this.#underWay.values()) {
      for (const lookup of frame.lookups()) if (lookup.deadlineMs <= monotonicMs) yield lookup;
    }
  }

  /** Waits no longer for the frames whose deadline has passed. Their answers are read when they come, and dropped. */
  dropExpired(monotonicMs: number): void {
    for (const [frameId, { deadlineMs }] of this.#underWay) {
      if (deadlineMs <= monotonicMs) this.#take(frameId);
    }
  }

  /** Ends the stream; the frames under way go to `onBroken`. */
  close(): void {
    this.#end(this.#call, undefined);
  }

  /** An empty frame, whose answer is dropped. */
  #ask(): void {
    try {
      this.#write([], NO_FORM);
    } catch (error) {
      this.#deps.onBroken([], error);
    }
  }

  /** Errors: those of `open`. */
  #write(ipAddresses: string[], { language, withNames }: AnswerForm): number {
    const partsMax = this.#call === undefined ? this.#deps.partsMax : 0;
    this.#call ??= this.#start();
    this.#askedMs ??= this.#deps.clock.monotonicMs();
    const frameId = this.#nextFrameId;
    this.#nextFrameId = (frameId + 1) >>> 0;
    this.#call.write(
      create(LookupFramesRequestSchema, { frameId, ipAddresses, language, partsMax, withNames }),
    );
    return frameId;
  }

  #heard(): void {
    this.#heardMs = this.#deps.clock.monotonicMs();
    this.#askedMs = this.#underWay.size > 0 ? this.#heardMs : undefined;
    this.#silentMsMax = this.#deps.silentMsMax;
    if (this.#isUp) return;
    this.#isUp = true;
    this.#deps.onUp();
  }

  #start(): ReturnType<OpenStream> {
    const { open, silentMsMax } = this.#deps;
    const waitForReady = this.#deps.waitsForGeo();
    this.#silentMsMax = waitForReady ? Math.min(WAIT_MS_MAX, silentMsMax) : silentMsMax;
    const call = open({ waitForReady });
    const reader = this.#deps.newReader();
    call.on("data", (bytes: Buffer) => {
      if (this.#call === call) this.#answered(reader, bytes);
    });
    call.on("error", (error) => this.#end(call, error));
    call.on("end", () => this.#end(call, undefined));
    return call;
  }

  #answered(reader: AnswerReader, bytes: Buffer): void {
    let answers: FrameAnswers;
    let frame: Frame | undefined;
    try {
      answers = reader.read(bytes);
      frame = this.#underWay.get(answers.frameId);
      if (frame === undefined) {
        this.#heard();
        return;
      }
      const asked = frame.ipAddresses.length;
      if (answers.count !== asked) throw new Error(`geo answered ${answers.count} of ${asked}`);
    } catch (error) {
      this.#end(this.#call, error);
      return;
    }
    this.#take(answers.frameId);
    this.#heard();
    this.#deps.onAnswered(frame, answers);
  }

  #take(frameId: number): void {
    const frame = this.#underWay.get(frameId);
    if (frame === undefined) return;
    this.#underWay.delete(frameId);
    this.addresses -= frame.ipAddresses.length;
  }

  #end(call: ReturnType<OpenStream> | undefined, cause: unknown): void {
    if (call === undefined || this.#call !== call) return;
    this.#call = undefined;
    this.#isUp = false;
    this.#askedMs = undefined;
    // Geo is asked again after a while, where nobody else does.
    this.#heardMs = this.#deps.clock.monotonicMs();
    const frames = [...this.#underWay.values()];
    this.#underWay = new Map();
    this.addresses = 0;
    // An error event without a listener would end the process; the listeners stay.
    call.cancel();
    this.#deps.onBroken(frames, cause);
  }
}
