import { EventEmitter } from "node:events";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import {
  type LookupFramesRequest,
  LookupFramesResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { OpenStream } from "../frame-stream.ts";

/** What geo answers for an address. */
export type AnswerOf = (
  ipAddress: string,
  language: string,
) => MessageInitShape<typeof LocationResultSchema>;

/** A frame that reached geo. */
export interface SentFrame {
  readonly stream: FakeStream;
  readonly frameId: number;
  readonly ipAddresses: readonly string[];
  readonly language: string;
  /** Parts that the stream keeps, as its first frame says. */
  readonly partsMax: number;
}

/** Locates every address as itself. */
export const locateAll: AnswerOf = (ipAddress) => ({
  result: { case: "location", value: { ipAddress } },
});

/** A geo in this process, whose streams do what the test says. */
export class FakeGeo {
  /** Every stream that was opened, in order. */
  readonly streams: FakeStream[] = [];
  /** Every frame that it got, in order. */
  readonly frames: SentFrame[] = [];
  /** Frames without an answer, whose stream is open, in order. */
  underWay: SentFrame[] = [];
  answerOf: AnswerOf = locateAll;
  /** While true, it does not even answer whether it is there; frames without addresses ask that, and count for nothing. */
  isHung = false;
  /** While true, frames wait for `answer`; else they are answered in a later turn. */
  isHolding = false;
  /** Hears of each frame when it comes. */
  onFrame: (frame: SentFrame) => void = () => undefined;

  /** Opens a stream, as a client of geo does. */
  readonly open: OpenStream = () => {
    const stream = new FakeStream(this, this.streams.length);
    this.streams.push(stream);
    return stream as unknown as ReturnType<OpenStream>;
  };

  /** Answers a frame; by default the oldest under way. */
  answer(frame: SentFrame | undefined = this.underWay[0]): void {
    if (frame === undefined) throw new Error("no frame is under way");
    this.underWay = this.underWay.filter((each) => each !== frame);
    const { stream, frameId, ipAddresses, language } = frame;
    const results = ipAddresses.map((ipAddress) => this.answerOf(ipAddress, language));
    const response = create(LookupFramesResponseSchema, { frameId, results });
    stream.emit("data", Buffer.from(toBinary(LookupFramesResponseSchema, response)));
  }

  /** Addresses that are under way, on a stream or on all. */
  addresses(stream?: FakeStream): number {
    const asked = this.underWay.filter((frame) => stream === undefined || frame.stream === stream);
    return asked.reduce((sum, { ipAddresses }) => sum + ipAddresses.length, 0);
  }
}

/** Until what was begun in this turn has happened, and what follows from it in the next ones. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** One stream of a fake geo, as its client sees it. */
export class FakeStream extends EventEmitter {
  readonly index: number;
  readonly #geo: FakeGeo;
  #isOpen = true;

  constructor(geo: FakeGeo, index: number) {
    super();
    this.#geo = geo;
    this.index = index;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  write({ ipAddresses, ...request }: LookupFramesRequest): void {
    if (!this.#isOpen) throw new Error("a frame was sent on a stream that is closed");
    const frame = { ...request, stream: this, ipAddresses: [...ipAddresses] };
    if (ipAddresses.length === 0) {
      if (!this.#geo.isHung) setImmediate(() => this.#isOpen && this.#geo.answer(frame));
      return;
    }
    this.#geo.frames.push(frame);
    this.#geo.underWay.push(frame);
    this.#geo.onFrame(frame);
    if (this.#geo.isHolding) return;
    setImmediate(() => {
      if (this.#geo.underWay.includes(frame)) this.#geo.answer(frame);
    });
  }

  cancel(): void {
    this.#close();
    queueMicrotask(() => this.emit("error", new Error("the call was cancelled")));
  }

  /** Breaks the stream, as a lost connection does. */
  break(error = new Error("the connection was lost")): void {
    this.#close();
    this.emit("error", error);
  }

  /** Ends the stream, as a geo that stops does. */
  finish(): void {
    this.#close();
    this.emit("end");
  }

  #close(): void {
    this.#isOpen = false;
    this.#geo.underWay = this.#geo.underWay.filter(({ stream }) => stream !== this);
  }
}
