import { toStatus } from "@geomesh/runtime/grpc/status";
import type { ServerDuplexStream } from "@grpc/grpc-js";

/**
 * Answers each message of a stream in the turn it is read in, in order; reading pauses while the peer does not take the answers,
 * so that neither waits in memory. The stream ends when its requests end. What `answer` throws ends it with that error.
 */
export function answerEach(
  call: ServerDuplexStream<Buffer, Buffer>,
  answer: (message: Buffer) => Buffer,
): void {
  const onMessage = (message: Buffer) => {
    try {
      if (!call.write(answer(message))) call.pause();
    } catch (error) {
      call.off("data", onMessage);
      call.emit("error", toStatus(error));
    }
  };
  call.on("data", onMessage);
  call.on("drain", () => call.resume());
  call.on("end", () => call.end());
}
