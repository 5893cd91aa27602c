import { hash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { LocationSchema, TimezoneSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  type LocationError,
  LocationErrorSchema,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { AppError } from "@geomesh/runtime/errors";
import { selectFields } from "@geomesh/terms/select-fields";
import { DEFAULT_SELECTION, type SelectedMembers, type Selection } from "@geomesh/terms/selection";
import { WireFields } from "../transcode/wire-fields.ts";

/** A serialized geomesh.geo.v1.LocationResult as geo sent it. */
export type EncodedResult = Buffer;

const RESULT = LocationResultSchema.field;
const SPECIAL_PURPOSE = LocationSchema.field.specialPurpose.number;

/** Keys of a time zone that another moment has otherwise. */
const CLOCK = new Set<number>([
  TimezoneSchema.field.currentTime.number,
  TimezoneSchema.field.localTime.number,
]);
const NO_CLOCK: SelectedMembers = new Map(
  TimezoneSchema.fields
    .filter(({ number }) => !CLOCK.has(number))
    .map(({ number }) => [number, "whole"]),
);
const STATE = resultMembers(
  new Map<number, SelectedMembers | "whole">([
    ...LocationSchema.fields.map(({ number }) => [number, "whole"] as const),
    [LocationSchema.field.timezone.number, NO_CLOCK],
  ]),
);

/** What is selected of a result where these keys of its location are: errors are whole. */
export function resultMembers(location: SelectedMembers): SelectedMembers {
  return new Map<number, SelectedMembers | "whole">([
    [RESULT.location.number, location],
    [RESULT.error.number, "whole"],
  ]);
}

/** A result with the selected keys of its location; as it is without a selection, and where a request named no key. */
export function selectedResult(result: Uint8Array, selection: Selection | undefined): Uint8Array {
  if (selection === undefined || selection === DEFAULT_SELECTION) return result;
  return selectFields(result, resultMembers(selection.members));
}

/** What a result says but for the clock of its time zone, in a short text. */
export function stateOf(result: Uint8Array): string {
  return hash("sha256", selectFields(result, STATE), "base64url");
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
