import { batchGetLocations } from "./batch-get-locations.ts";
import type { GeoDeps, GeoHandlers, LookupHandlers } from "./contract.ts";
import { getLocation } from "./get-location.ts";
import { getLocationField } from "./get-location-field.ts";
import { listDatasets } from "./list-datasets.ts";
import { LookupContext } from "./lookup-context.ts";
import { lookupFrames } from "./lookup-frames.ts";
import { streamLocations } from "./stream-locations.ts";

/** The handlers of both services of geo. */
export interface AllHandlers {
  readonly geo: GeoHandlers;
  readonly lookup: LookupHandlers;
}

/** Binds the RPCs to what they work with. */
export function createHandlers(deps: GeoDeps): AllHandlers {
  const context = new LookupContext(deps);
  return {
    geo: {
      getLocation: getLocation(context),
      getLocationField: getLocationField(context),
      batchGetLocations: batchGetLocations(context),
      streamLocations: streamLocations(context),
      listDatasets: listDatasets(deps),
    },
    lookup: { lookupFrames: lookupFrames(context) },
  };
}
