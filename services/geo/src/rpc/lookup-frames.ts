import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { ResultWriter, type Wanted } from "../answer/answer-writer.ts";
import type { ByteWriter } from "../answer/byte-writer.ts";
import { FramedAnswers } from "../answer/framed-answers.ts";
import type { LocationComposer } from "../answer/location-composer.ts";
import { byteTagOf } from "../answer/tags.ts";
import { answerEach } from "./answer-each.ts";
import type { LookupContext } from "./lookup-context.ts";
import type { LookupFrameReader } from "./lookup-frame-reader.ts";

const FRAME_ID_TAG = byteTagOf(LookupFramesResponseSchema.field.frameId);
const RESULTS = new ResultWriter([byteTagOf(LookupFramesResponseSchema.field.results)]);
const FRAME_ID_BYTES_MAX = 6;

/**
 * Answers each frame in the turn it is read in, in order, as `answerEach` does. Errors end the stream: FRAME_INVALID, INVALID_ARGUMENT, DATASET_MISSING.
 */
export function lookupFrames(context: LookupContext) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const frames = new AnsweredFrames(context);
    answerEach(call, (frame) => frames.answer(frame));
  };
}

/** Answers the frames of one stream: by reference where its first frame states how many parts the caller keeps. */
export class AnsweredFrames {
  readonly #context: LookupContext;
  readonly #frame: LookupFrameReader;
  #isFirst = true;
  #framed: FramedAnswers | undefined;

  constructor(context: LookupContext) {
    this.#context = context;
    this.#frame = context.frame;
  }

  /** An encoded LookupFramesResponse for an encoded LookupFramesRequest. Errors: those of `lookupFrames`. */
  answer(bytes: Uint8Array): Buffer {
    const context = this.#context;
    const frame = this.#frame;
    frame.read(bytes);
    if (this.#isFirst && frame.partsMax > 0) this.#framed = new FramedAnswers(frame.partsMax);
    this.#isFirst = false;
    const composer = context.composerFor(frame.count);
    const language = context.language(frame.language);
    const wanted = { language, withNames: frame.withNames, members: undefined };
    const out = context.scratch();
    out.reserve(FRAME_ID_BYTES_MAX);
    out.bytes[out.length++] = FRAME_ID_TAG;
    out.varint(frame.frameId);
    const start = out.length;
    // A frame that needs more parts than geo itself keeps is answered without.
    for (const anew of [false, true]) {
      if (this.#answerByReference(composer, wanted, anew, out)) return out.take();
      out.length = start;
    }
    this.#answerPlainly(composer, wanted, out);
    return out.take();
  }

  #answerByReference(
    composer: LocationComposer,
    wanted: Wanted,
    anew: boolean,
    out: ByteWriter,
  ): boolean {
    const { bytes, count, starts, ends } = this.#frame;
    const framed = this.#framed;
    if (framed === undefined) return false;
    framed.begin(composer, anew, out);
    for (let i = 0; i < count; i++) {
      const [start, end] = [starts[i] as number, ends[i] as number];
      if (!framed.result(composer, bytes, start, end, wanted, out)) return false;
    }
    return true;
  }

  #answerPlainly(composer: LocationComposer, wanted: Wanted, out: ByteWriter): void {
    const { answers } = this.#context;
    const { bytes, count, starts, ends } = this.#frame;
    for (let i = 0; i < count; i++) {
      const [start, end] = [starts[i] as number, ends[i] as number];
      answers.result(composer, RESULTS, bytes, start, end, wanted, out);
    }
  }
}
