import { fromBinary } from "@bufbuild/protobuf";
import {
  type LocationError,
  LocationErrorSchema,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { AppError } from "@geomesh/runtime/errors";
import { WireFields } from "../transcode/wire-fields.ts";

/** A serialized geomesh.geo.v1.LocationResult as geo sent it. */
export type EncodedResult = Buffer;

const RESULT = LocationResultSchema.field;
const SPECIAL_PURPOSE = LocationSchema.field.specialPurpose.number;

/** One unit for an address answered; special-purpose addresses and errors are free. */
export function unitsOf(result: EncodedResult): 0 | 1 {
  const fields = new WireFields().open(result, 0, result.length);
  if (!fields.next() || fields.number !== RESULT.location.number) return 0;
  fields.open(result, fields.start, fields.end);
  while (fields.next()) if (fields.number === SPECIAL_PURPOSE) return 0;
  return 1;
}

/** What geo said of an address that it did not answer; undefined where it did. */
export function addressProblem(result: EncodedResult): AppError | undefined {
  const fields = new WireFields().open(result, 0, result.length);
  if (!fields.next()) throw new Error("geo answered neither a location nor an error");
  if (fields.number !== RESULT.error.number) return undefined;
  const { message }: LocationError = fromBinary(
    LocationErrorSchema,
    result.subarray(fields.start, fields.end),
  );
  return new AppError("INVALID_ARGUMENT", {
    message,
    fields: [{ field: "ip_address", description: message }],
  });
}
