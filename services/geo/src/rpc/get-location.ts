import type { GetLocationRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { invalidArgument } from "@geomesh/runtime/errors";
import type { LookupContext } from "./lookup-context.ts";
import { addressMistakes, readWanted } from "./read-wanted.ts";

/** Answers an encoded GetLocationResponse. Errors: INVALID_ARGUMENT, DATASET_MISSING. */
export function getLocation(context: LookupContext) {
  return (request: GetLocationRequest): Buffer => {
    const { ipAddress } = request;
    const wanted = readWanted(request);
    if (!("language" in wanted)) {
      throw invalidArgument([...addressMistakes(ipAddress), ...wanted]);
    }
    const text = Buffer.from(ipAddress);
    const out = context.scratch();
    if (!context.answers.location(context.composerFor(1), text, wanted, out)) {
      throw invalidArgument(addressMistakes(ipAddress));
    }
    return out.take();
  };
}
