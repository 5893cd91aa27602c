import { create } from "@bufbuild/protobuf";
import {
  type GeoService,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { Locator } from "../geo/locator.ts";
import { addressProblem, unitsOf } from "../geo/results.ts";
import type { Handler } from "../operations/handler.ts";

const CALLER = "me";

/** Locates one address; `me` is the caller's. Errors: invalid_argument, unavailable. */
export function getLocation(locator: Locator): Handler<typeof GeoService.method.getLocation> {
  return async ({ ipAddress, language }, { call }) => {
    const asked = ipAddress === CALLER ? call.clientAddress : ipAddress;
    const [found] = await locator.locate([asked], language);
    if (found?.result.case !== "location") throw addressProblem(found);
    const response = create(GetLocationResponseSchema, { location: found.result.value });
    return { response, units: unitsOf(found) };
  };
}
