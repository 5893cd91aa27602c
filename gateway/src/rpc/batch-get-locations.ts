import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  BatchGetLocationsResponseSchema,
  type GeoService,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { type EncodedResult, unitsOf } from "../lookups/results.ts";
import type { Handler } from "../operations/handler.ts";
import type { LocatorOf } from "./locator-of.ts";

const { number: RESULTS } = BatchGetLocationsResponseSchema.field.results;

/** Locates many addresses, in order; an invalid one, and for a test key one that is no test address, fails its own entry only. Errors: UPSTREAM_UNAVAILABLE. */
export function batchGetLocations(
  locatorOf: LocatorOf,
): Handler<typeof GeoService.method.batchGetLocations> {
  return async ({ ipAddresses, language }, { principal }) => {
    const results = await locatorOf(principal).locate(ipAddresses, language);
    const units = results.reduce((sum, result) => sum + unitsOf(result), 0);
    return { response: joined(results), units };
  };
}

/** Joins results into a BatchGetLocationsResponse: a message field of protobuf is its bytes after tag and length. */
function joined(results: readonly EncodedResult[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const result of results) writer.tag(RESULTS, WireType.LengthDelimited).bytes(result);
  return writer.finish();
}
