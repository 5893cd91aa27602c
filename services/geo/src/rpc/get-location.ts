import type { GetLocationRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { AppError } from "@geomesh/runtime/errors";
import { BAD_ADDRESS } from "../answer/answer-writer.ts";
import type { Geo } from "./geo.ts";

/** Answers an encoded GetLocationResponse. */
export function getLocation(geo: Geo) {
  return (request: GetLocationRequest): Buffer => {
    const text = Buffer.from(request.ipAddress);
    const language = geo.language(request.language);
    const out = geo.scratch();
    if (!geo.answers.location(geo.composerFor(1), text, language, out)) {
      throw new AppError("IP_ADDRESS_INVALID", {
        message: `ip_address ${BAD_ADDRESS}`,
        fields: [{ field: "ip_address", description: BAD_ADDRESS }],
      });
    }
    return out.take();
  };
}
