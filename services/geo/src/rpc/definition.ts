import { GeoServiceService } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";

const asIs = (encoded: Buffer): Buffer => encoded;

/**
 * The service of the contract, but lookups answer bytes that are encoded already, and frames are
 * read from their bytes: answers are put together from kept parts instead of objects.
 */
export const GEO_DEFINITION = {
  ...GeoServiceService,
  getLocation: { ...GeoServiceService.getLocation, responseSerialize: asIs },
  batchGetLocations: { ...GeoServiceService.batchGetLocations, responseSerialize: asIs },
  lookupFrames: {
    ...GeoServiceService.lookupFrames,
    requestDeserialize: asIs,
    responseSerialize: asIs,
  },
};
