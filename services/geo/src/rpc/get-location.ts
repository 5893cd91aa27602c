import type { GetLocationRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { invalidArgument } from "@geomesh/runtime/errors";
import { BAD_ADDRESS } from "@geomesh/terms/canonical-address";
import type { LookupContext } from "./lookup-context.ts";

/** Answers an encoded GetLocationResponse. Errors: INVALID_ARGUMENT, DATASET_MISSING. */
export function getLocation(context: LookupContext) {
  return (request: GetLocationRequest): Buffer => {
    const text = Buffer.from(request.ipAddress);
    const language = context.language(request.language);
    const out = context.scratch();
    if (!context.answers.location(context.composerFor(1), text, language, out)) {
      throw invalidArgument([{ field: "ip_address", description: BAD_ADDRESS }]);
    }
    return out.take();
  };
}
