import type { LocationResult } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";

/** One unit for an address answered; special-purpose addresses and errors are free. */
export function unitsOf({ result }: LocationResult): 0 | 1 {
  return result.case === "location" && result.value.specialPurpose === undefined ? 1 : 0;
}

/** What geo said of an address that it did not answer. */
export function addressProblem(found: LocationResult | undefined): AppError {
  if (found?.result.case !== "error")
    throw new Error("geo answered neither a location nor an error");
  const { message } = found.result.value;
  return new AppError("invalid_argument", "INVALID_ARGUMENT", message, {
    fields: [{ field: "ip_address", description: message }],
  });
}
