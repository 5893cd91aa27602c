import type { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { Locator } from "../lookups/locator.ts";
import { addressProblem, type EncodedResult, unitsOf } from "../lookups/results.ts";
import type { Handler } from "../operations/handler.ts";

const CALLER = "me";

/**
 * Locates one address; `me` is the caller's. A LocationResult with a location has the bytes of a GetLocationResponse: both
 * have the location in field 1. Errors: INVALID_ARGUMENT, UPSTREAM_UNAVAILABLE.
 */
export function getLocation(locator: Locator): Handler<typeof GeoService.method.getLocation> {
  return async ({ ipAddress, language }, { call }) => {
    const asked = ipAddress === CALLER ? call.clientAddress : ipAddress;
    const [result] = await locator.locate([asked], language);
    const response = result as EncodedResult;
    const problem = addressProblem(response);
    if (problem !== undefined) throw problem;
    return { response, units: unitsOf(response) };
  };
}
