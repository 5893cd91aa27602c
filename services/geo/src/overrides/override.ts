import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Place } from "../layers/place.ts";

/** What an operator says about a block of addresses. A field that is present but `undefined` becomes unknown. */
export interface Override {
  readonly place: Partial<Place>;
  readonly connection: Partial<Connection>;
  readonly security: Partial<Security>;
}

/**
 * The place of a record with the fields of an override. An override that names another country replaces the whole place,
 * so that all place fields are of one country.
 */
export function overridePlace(record: Place | undefined, override: Partial<Place>): Place {
  const isElsewhere =
    override.countryCode !== undefined && override.countryCode !== record?.countryCode;
  return { ...(isElsewhere ? undefined : record), ...override };
}
