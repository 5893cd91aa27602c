import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";

const asIs = (encoded: Buffer): Buffer => encoded;

/**
 * GeoService of the contract, whose lookups answer bytes that are encoded already and whose frames are read from their
 * bytes: answers are put together from kept parts instead of objects.
 */
export const ENCODED_GEO_SERVICE = {
  ...GeoServiceService,
  getLocation: { ...GeoServiceService.getLocation, responseSerialize: asIs },
  batchGetLocations: { ...GeoServiceService.batchGetLocations, responseSerialize: asIs },
  lookupFrames: {
    ...GeoServiceService.lookupFrames,
    requestDeserialize: asIs,
    responseSerialize: asIs,
  },
};
