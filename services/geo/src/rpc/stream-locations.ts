import { StreamLocationsResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { StreamLocationsRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { ResultWriter, type Wanted } from "../answer/answer-writer.ts";
import { byteTagOf } from "../answer/tags.ts";
import { answerEach } from "./answer-each.ts";
import type { LookupContext } from "./lookup-context.ts";
import { readWanted } from "./read-wanted.ts";

const RESULT = new ResultWriter([byteTagOf(StreamLocationsResponseSchema.field.result)]);

/**
 * Answers each address in the turn it is read in, in order, as `answerEach` does; what is not an address has an error in its own
 * result. Errors end the stream: MALFORMED_REQUEST, INVALID_ARGUMENT of the first message, DATASET_MISSING.
 */
export function streamLocations(context: LookupContext) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    let wanted: Wanted | undefined;
    answerEach(call, (message) => {
      const request = decode(message);
      wanted ??= wantedBy(request);
      const composer = context.composerFor(1);
      const text = Buffer.from(request.ipAddress);
      const out = context.scratch();
      context.answers.result(composer, RESULT, text, 0, text.length, wanted, out);
      return out.take();
    });
  };
}

function decode(message: Buffer): StreamLocationsRequest {
  try {
    return StreamLocationsRequest.decode(message);
  } catch (cause) {
    throw new AppError("MALFORMED_REQUEST", { cause });
  }
}

function wantedBy(first: StreamLocationsRequest): Wanted {
  const wanted = readWanted(first);
  if (!("language" in wanted)) throw invalidArgument(wanted);
  return wanted;
}
