import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Place } from "../layers/place.ts";

/** What an operator says about a block of addresses. A field that is `undefined` but present is unknown on purpose. */
export interface Override {
  readonly place: Partial<Place>;
  readonly connection: Partial<Connection>;
  readonly security: Partial<Security>;
}

/**
 * The record's place with the override's fields. All place fields come from one country: an override
 * that names another one than the record's replaces the place as a whole.
 */
export function overridePlace(record: Place | undefined, override: Partial<Place>): Place {
  const isElsewhere =
    override.countryCode !== undefined && override.countryCode !== record?.countryCode;
  return { ...(isElsewhere ? undefined : record), ...override };
}
