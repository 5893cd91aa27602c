import { create } from "@bufbuild/protobuf";
import {
  type LookupFramesRequest,
  LookupFramesRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { Frame } from "./frame.ts";
import type { AnswerReader, FrameAnswers } from "./frame-answers.ts";
import type { Lookup } from "./lookup.ts";

/** Opens one LookupFrames stream. */
export type OpenStream = () => ClientDuplexStream<LookupFramesRequest, Buffer>;

/** What a stream works with. */
export interface FrameStreamDeps {
  readonly open: OpenStream;
  /** Makes a reader for each stream that is opened. */
  readonly newReader: () => AnswerReader;
  /** Most parts that a reader keeps, which the first frame of a stream tells geo. */
  readonly partsMax: number;
  readonly onAnswered: (frame: Frame, answers: FrameAnswers) => void;
  /** Gets the frames that were under way when the stream broke. */
  readonly onBroken: (frames: Frame[], cause: unknown) => void;
}

/** One bidirectional stream to geo. It opens when it is needed, and again after it broke. */
export class FrameStream {
  /** Addresses that are under way. */
  addresses = 0;
  readonly #deps: FrameStreamDeps;
  #call: ReturnType<OpenStream> | undefined;
  #underWay = new Map<number, Frame>();
  #nextFrameId = 1;

  constructor(deps: FrameStreamDeps) {
    this.#deps = deps;
  }

  /** Sends a frame, which is under way until it is answered, taken back or handed to `onBroken`. */
  send(frame: Frame): void {
    frame.attempts += 1;
    const partsMax = this.#call === undefined ? this.#deps.partsMax : 0;
    try {
      this.#call ??= this.#start();
    } catch (error) {
      this.#deps.onBroken([frame], error);
      return;
    }
    const frameId = this.#nextFrameId;
    this.#nextFrameId = (frameId + 1) >>> 0;
    this.#underWay.set(frameId, frame);
    this.addresses += frame.ipAddresses.length;
    const { ipAddresses, language } = frame;
    this.#call.write(
      create(LookupFramesRequestSchema, { frameId, ipAddresses, language, partsMax }),
    );
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

  #start(): ReturnType<OpenStream> {
    const call = this.#deps.open();
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
      if (frame === undefined) return;
      const asked = frame.ipAddresses.length;
      if (answers.count !== asked) throw new Error(`geo answered ${answers.count} of ${asked}`);
    } catch (error) {
      this.#end(this.#call, error);
      return;
    }
    this.#take(answers.frameId);
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
    const frames = [...this.#underWay.values()];
    this.#underWay = new Map();
    this.addresses = 0;
    // An error event without a listener would end the process; the listeners stay.
    call.cancel();
    this.#deps.onBroken(frames, cause);
  }
}
