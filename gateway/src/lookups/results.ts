import { fromBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  type LocationError,
  LocationErrorSchema,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { AppError } from "@geomesh/runtime/errors";
import { createJsonWriter, type JsonWriter } from "../transcode/json-writer.ts";
import { WireFields } from "../transcode/wire-fields.ts";

/** A serialized geomesh.geo.v1.LocationResult as geo sent it. */
export type EncodedResult = Buffer;

const RESULT = LocationResultSchema.field;
const SPECIAL_PURPOSE = LocationSchema.field.specialPurpose.number;

/** Writes a result as JSON. */
export const RESULT_JSON: JsonWriter = createJsonWriter(LocationResultSchema);

/** Writes the location of a result as JSON; one without a location has nothing set. */
export const LOCATION_JSON: JsonWriter = createLocationWriter();

function createLocationWriter(): JsonWriter {
  const { location } = LocationResultSchema.field;
  if (location.fieldKind !== "message") throw new Error("a LocationResult has no location");
  return createJsonWriter(LocationResultSchema, location);
}

/** What a result costs: one unit for an address that was located; special-purpose addresses and errors are free. */
export function unitsOf(result: EncodedResult): 0 | 1 {
  const fields = new WireFields().open(result, 0, result.length);
  if (!fields.next() || fields.number !== RESULT.location.number) return 0;
  fields.open(result, fields.start, fields.end);
  while (fields.next()) if (fields.number === SPECIAL_PURPOSE) return 0;
  return 1;
}

/** The code of a result that a test key is refused. */
export const TEST_ADDRESS_CODE = "test_address_required";

/** The error of an address that was not located; undefined where it was. Errors: Error for an empty result. */
export function addressProblem(result: EncodedResult): AppError | undefined {
  const fields = new WireFields().open(result, 0, result.length);
  if (!fields.next()) throw new Error("the result has neither a location nor an error");
  if (fields.number !== RESULT.error.number) return undefined;
  const { code, message }: LocationError = fromBinary(
    LocationErrorSchema,
    result.subarray(fields.start, fields.end),
  );
  if (code === TEST_ADDRESS_CODE) return new AppError("TEST_ADDRESS_REQUIRED");
  const description = message.replace(/^ip_address /, "");
  return new AppError("INVALID_ARGUMENT", {
    message,
    fields: [{ field: "ip_address", description }],
  });
}
