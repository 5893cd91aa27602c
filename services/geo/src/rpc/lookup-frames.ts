import { toStatus } from "@geomesh/runtime/grpc/status";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { FrameReader } from "./frame-reader.ts";
import type { Geo } from "./geo.ts";

const FRAME_ID_TAG = 0x08;
const RESULTS_TAG = 0x12;

/** A stream of frames that a peer keeps open. */
export type FrameStream = ServerDuplexStream<Buffer, Buffer>;

/**
 * Answers each frame in the turn it is read in; reading pauses while the peer does not take the answers. `open` holds the
 * streams under way, for whoever has to end them.
 */
export function lookupFrames(geo: Geo, open: Set<FrameStream>) {
  const frame = new FrameReader();
  return (call: FrameStream): void => {
    open.add(call);
    call.on("close", () => open.delete(call));
    const answer = (bytes: Buffer) => {
      try {
        if (!call.write(answerFrame(geo, frame, bytes))) call.pause();
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

/** An encoded LookupFramesResponse for an encoded LookupFramesRequest. */
export function answerFrame(geo: Geo, frame: FrameReader, bytes: Uint8Array): Buffer {
  frame.read(bytes);
  const composer = geo.composerFor(frame.count);
  const language = geo.language(frame.language);
  const out = geo.scratch();
  out.reserve(6);
  out.bytes[out.length++] = FRAME_ID_TAG;
  out.varint(frame.frameId);
  for (let i = 0; i < frame.count; i++) {
    const start = frame.starts[i] as number;
    geo.answers.result(composer, RESULTS_TAG, bytes, start, frame.ends[i] as number, language, out);
  }
  return out.take();
}
