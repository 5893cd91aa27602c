import type { BatchGetLocationsRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Geo } from "./geo.ts";

const RESULTS_TAG = 0x0a;

/** Answers an encoded BatchGetLocationsResponse. */
export function batchGetLocations(geo: Geo) {
  return (request: BatchGetLocationsRequest): Buffer => {
    const composer = geo.composerFor(request.ipAddresses.length);
    const language = geo.language(request.language);
    const out = geo.scratch();
    for (const ipAddress of request.ipAddresses) {
      const text = Buffer.from(ipAddress);
      geo.answers.result(composer, RESULTS_TAG, text, 0, text.length, language, out);
    }
    return out.take();
  };
}
