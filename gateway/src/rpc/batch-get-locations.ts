import { create } from "@bufbuild/protobuf";
import {
  BatchGetLocationsResponseSchema,
  type GeoService,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { Locator } from "../geo/locator.ts";
import { unitsOf } from "../geo/results.ts";
import type { Handler } from "../operations/handler.ts";

/** Locates many addresses in order; a bad one spoils its own entry only. Errors: unavailable. */
export function batchGetLocations(
  locator: Locator,
): Handler<typeof GeoService.method.batchGetLocations> {
  return async ({ ipAddresses, language }) => {
    const results = await locator.locate(ipAddresses, language);
    const units = results.reduce((sum, result) => sum + unitsOf(result), 0);
    return { response: create(BatchGetLocationsResponseSchema, { results }), units };
  };
}
