import { create } from "@bufbuild/protobuf";
import {
  type LookupFramesRequest,
  LookupFramesRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { AnsweredFrame } from "./frames-rpc.ts";
import type { LookupFrame } from "./lookup-frame.ts";

/** Opens one LookupFrames stream. */
export type OpenStream = () => ClientDuplexStream<LookupFramesRequest, AnsweredFrame>;

/**
 * One bidirectional stream to geo. It opens when it is needed, and again after it broke; `onBroken` gets the frames that
 * were under way then, or one whose answer is not usable.
 */
export class FrameStream {
  readonly #open: OpenStream;
  readonly #onBroken: (frames: LookupFrame[], cause: unknown) => void;
  #call: ReturnType<OpenStream> | undefined;
  #underWay = new Map<number, LookupFrame>();
  #nextFrameId = 1;

  constructor(open: OpenStream, onBroken: (frames: LookupFrame[], cause: unknown) => void) {
    this.#open = open;
    this.#onBroken = onBroken;
  }

  /** Sends a frame, which is under way until it is answered, taken back or handed to `onBroken`. */
  send(frame: LookupFrame): void {
    this.#call ??= this.#start();
    const frameId = this.#nextFrameId;
    this.#nextFrameId = (frameId + 1) >>> 0;
    this.#underWay.set(frameId, frame);
    frame.attempts += 1;
    const { ipAddresses, language } = frame;
    this.#call.write(create(LookupFramesRequestSchema, { frameId, ipAddresses, language }));
  }

  /** Takes back the frames whose deadline has passed; answers that come later are dropped. */
  takeExpired(monotonicMs: number): LookupFrame[] {
    const expired: LookupFrame[] = [];
    for (const [frameId, frame] of this.#underWay) {
      if (frame.deadlineMs > monotonicMs) continue;
      this.#underWay.delete(frameId);
      expired.push(frame);
    }
    return expired;
  }

  /** Ends the stream; the frames under way go to `onBroken`. */
  close(): void {
    const call = this.#call;
    this.#broke(call, undefined);
    call?.cancel();
  }

  #start(): ReturnType<OpenStream> {
    const call = this.#open();
    call.on("data", (answer: AnsweredFrame) => this.#answered(answer));
    call.on("error", (error) => this.#broke(call, error));
    call.on("end", () => this.#broke(call, undefined));
    return call;
  }

  #answered({ frameId, results }: AnsweredFrame): void {
    const frame = this.#underWay.get(frameId);
    if (frame === undefined) return;
    this.#underWay.delete(frameId);
    if (results.length === frame.ipAddresses.length) frame.resolve(results);
    else
      this.#onBroken(
        [frame],
        new Error(`geo answered ${results.length} of ${frame.ipAddresses.length}`),
      );
  }

  #broke(call: ReturnType<OpenStream> | undefined, cause: unknown): void {
    if (call === undefined || this.#call !== call) return;
    this.#call = undefined;
    const frames = [...this.#underWay.values()];
    this.#underWay = new Map();
    this.#onBroken(frames, cause);
  }
}
