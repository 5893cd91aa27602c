import type { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { isTestKey, type Principal } from "../keys/key-table.ts";
import { addressProblem, type EncodedResult, unitsOf } from "../lookups/results.ts";
import type { Handler } from "../operations/handler.ts";
import type { Call } from "../operations/operation.ts";
import type { LocatorOf } from "./locator-of.ts";

const CALLER = "me";

/**
 * Locates one address; `me` is the caller's, for a test key the first test address. A LocationResult with a location has the bytes of a GetLocationResponse: both
 * have the location in field 1. Errors: INVALID_ARGUMENT,
 * TEST_ADDRESS_REQUIRED, UPSTREAM_UNAVAILABLE.
 */
export function getLocation(locatorOf: LocatorOf): Handler<typeof GeoService.method.getLocation> {
  return async ({ ipAddress, language }, { principal, call }) => {
    const asked = ipAddress === CALLER ? callerAddress(principal, call) : ipAddress;
    const [result] = await locatorOf(principal).locate([asked], language);
    const response = result as EncodedResult;
    const problem = addressProblem(response);
    if (problem !== undefined) throw problem;
    return { response, units: unitsOf(response) };
  };
}

function callerAddress(principal: Principal, { clientAddress }: Call): string {
  return isTestKey(principal) ? TEST_ADDRESSES[0].address : clientAddress;
}
