import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { toStatus } from "@geomesh/runtime/grpc/status";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { byteTagOf } from "../answer/tags.ts";
import type { LookupContext } from "./lookup-context.ts";
import { LookupFrameReader } from "./lookup-frame-reader.ts";

const FRAME_ID_TAG = byteTagOf(LookupFramesResponseSchema.field.frameId);
const RESULTS_TAG = byteTagOf(LookupFramesResponseSchema.field.results);

/**
 * Answers each frame in the turn it is read in, in order; reading pauses while the peer does not take the answers. The
 * stream ends when its requests end. Errors end the stream: FRAME_INVALID, LANGUAGE_UNKNOWN, DATASET_MISSING.
 */
export function lookupFrames(context: LookupContext) {
  const frame = new LookupFrameReader();
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const answer = (bytes: Buffer) => {
      try {
        if (!call.write(answerFrame(context, frame, bytes))) call.pause();
      } catch (error) {
        call.off("data", answer);
        call.emit("error", toStatus(error));
      }
    };
    call.on("data", answer);
    call.on("drain", () => call.resume());
    call.on("end", () => call.end());
  };
}

/** An encoded LookupFramesResponse for an encoded LookupFramesRequest. Errors: those of `lookupFrames`. */
export function answerFrame(
  context: LookupContext,
  frame: LookupFrameReader,
  bytes: Uint8Array,
): Buffer {
  frame.read(bytes);
  const composer = context.composerFor(frame.count);
  const language = context.language(frame.language);
  const { answers } = context;
  const out = context.scratch();
  out.reserve(6);
  out.bytes[out.length++] = FRAME_ID_TAG;
  out.varint(frame.frameId);
  for (let i = 0; i < frame.count; i++) {
    const start = frame.starts[i] as number;
    answers.result(composer, RESULTS_TAG, bytes, start, frame.ends[i] as number, language, out);
  }
  return out.take();
}
