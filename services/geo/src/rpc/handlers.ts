import { batchGetLocations } from "./batch-get-locations.ts";
import type { GeoDeps, GeoHandlers } from "./contract.ts";
import { getLocation } from "./get-location.ts";
import { listDatasets } from "./list-datasets.ts";
import { LookupContext } from "./lookup-context.ts";
import { lookupFrames } from "./lookup-frames.ts";

/** Binds the RPCs to what they work with. */
export function createHandlers(deps: GeoDeps): GeoHandlers {
  const context = new LookupContext(deps);
  return {
    getLocation: getLocation(context),
    batchGetLocations: batchGetLocations(context),
    lookupFrames: lookupFrames(context),
    listDatasets: listDatasets(deps),
  };
}
