import type { DataSection } from "../mmdb/data-section.ts";
import type { MmdbFile } from "../mmdb/mmdb-file.ts";
import { connectionReader, factsOf, systemReader } from "./connection-reader.ts";
import { FieldReader } from "./field-reader.ts";
import { FlatPlaceReader } from "./flat-place.ts";
import type { Layer, System } from "./layer.ts";
import { NestedPlaceReader } from "./nested-place.ts";
import { securityReader } from "./security-reader.ts";

/** A reader for each kind of facts that the records of a file hold. */
export type SchemaReaders = Pick<Layer, "place" | "names" | "connection" | "security"> & {
  /** Reads the autonomous system of a record. */
  readonly system?: ((record: number) => System) | undefined;
  /** What all of them read single fields with. */
  readonly fields: FieldReader;
};

const PLACE_KEYS = {
  nested: ["country", "registered_country", "continent", "city", "location", "subdivisions"],
  flat: ["country_code", "country", "city", "latitude", "continent_code"],
};
const SYSTEM_KEYS = ["autonomous_system_number", "asn"];
const CONNECTION_KEYS = ["isp", "organization", "connection_type", "domain"];
/** Read where a file tells of systems or connections; a City file that has them is not asked twice for each address. */
const CONNECTION_FLAG_KEYS = ["is_mobile", "is_satellite", "is_anycast"];
const SECURITY_KEYS = [
  "is_anonymous",
  "is_anonymous_vpn",
  "is_hosting_provider",
  "is_public_proxy",
  "is_residential_proxy",
  "is_tor_exit_node",
];

/** Recognizes the schema of a file from the keys of some of its records, given by offset. */
export function schemaOf(file: MmdbFile, records: readonly number[]): SchemaReaders {
  const { data } = file;
  const count = (keys: readonly string[], isMap?: boolean) =>
    records.filter((record) => keys.some((key) => hasKey(data, record, key, isMap))).length;
  const holds = (keys: readonly string[]) => count(keys) > 0;
  const holdsFact = (keys: readonly string[]) =>
    records.some((record) => keys.some((key) => hasKey(data, factsOf(data, record), key)));
  const nestedCount = count(PLACE_KEYS.nested, true);
  const flatCount = count(PLACE_KEYS.flat, false);
  // A single odd record must not make a file one of another schema.
  const nested = nestedCount > 0 && nestedCount >= flatCount;
  const flat = !nested && flatCount > 0;
  const fields = new FieldReader(data);
  const hasSystems = holdsFact(SYSTEM_KEYS);
  const hasConnections =
    holdsFact(CONNECTION_KEYS) || (hasSystems && holdsFact(CONNECTION_FLAG_KEYS));
  return {
    fields,
    ...(nested && placesOf(new NestedPlaceReader(data, fields))),
    ...(flat && placesOf(new FlatPlaceReader(data, fields))),
    ...(hasSystems && { system: systemReader(data, fields) }),
    ...(hasConnections && { connection: connectionReader(data, fields) }),
    ...(holds(SECURITY_KEYS) && { security: securityReader(data, fields) }),
  };
}

function placesOf({ read, names }: NestedPlaceReader | FlatPlaceReader) {
  return { place: read, names };
}

function hasKey(data: DataSection, record: number, key: string, isMap?: boolean): boolean {
  const value = data.find(record, key);
  return value >= 0 && (isMap === undefined || data.isMap(value) === isMap);
}
