import {
  BatchGetLocationsRequest,
  GetLocationRequest,
} from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";

/** A request for one address, with no masks. */
export function one(ipAddress: string, language = ""): GetLocationRequest {
  return GetLocationRequest.fromPartial({ ipAddress, language });
}

/** A request for many addresses, with no masks. */
export function many(ipAddresses: string[]): BatchGetLocationsRequest {
  return BatchGetLocationsRequest.fromPartial({ ipAddresses });
}
