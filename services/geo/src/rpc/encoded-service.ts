import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { LookupServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";

const asIs = (encoded: Buffer): Buffer => encoded;

/** GeoService of the contract, whose lookups answer encoded bytes: answers are put together from kept parts. */
export const ENCODED_GEO_SERVICE = {
  ...GeoServiceService,
  getLocation: { ...GeoServiceService.getLocation, responseSerialize: asIs },
  getLocationField: { ...GeoServiceService.getLocationField, responseSerialize: asIs },
  batchGetLocations: { ...GeoServiceService.batchGetLocations, responseSerialize: asIs },
  streamLocations: {
    ...GeoServiceService.streamLocations,
    requestDeserialize: asIs,
    responseSerialize: asIs,
  },
};

/** LookupService of the contract, whose frames are read from their bytes and answered by encoded bytes. */
export const ENCODED_LOOKUP_SERVICE = {
  lookupFrames: {
    ...LookupServiceService.lookupFrames,
    requestDeserialize: asIs,
    responseSerialize: asIs,
  },
};
