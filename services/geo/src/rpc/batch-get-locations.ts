import { BatchGetLocationsResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { BatchGetLocationsRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { invalidArgument } from "@geomesh/runtime/errors";
import { ResultWriter } from "../answer/answer-writer.ts";
import { byteTagOf } from "../answer/tags.ts";
import type { LookupContext } from "./lookup-context.ts";
import { readWanted } from "./read-wanted.ts";

const RESULTS = new ResultWriter([byteTagOf(BatchGetLocationsResponseSchema.field.results)]);

/**
 * Answers an encoded BatchGetLocationsResponse; an invalid address has an error in its own result.
 * Errors: INVALID_ARGUMENT, DATASET_MISSING.
 */
export function batchGetLocations(context: LookupContext) {
  return (request: BatchGetLocationsRequest): Buffer => {
    const wanted = readWanted(request);
    if (!("language" in wanted)) throw invalidArgument(wanted);
    const composer = context.composerFor(request.ipAddresses.length);
    const out = context.scratch();
    for (const ipAddress of request.ipAddresses) {
      const text = Buffer.from(ipAddress);
      context.answers.result(composer, RESULTS, text, 0, text.length, wanted, out);
    }
    return out.take();
  };
}
