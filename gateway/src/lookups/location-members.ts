import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { createMembersWriter } from "../transcode/json-writer.ts";

const { fields, field } = LocationSchema;
const OWN_FIELDS = [field.ipAddress, field.network];
const TIMEZONE_AT = fields.indexOf(field.timezone);
const CONNECTION_AT = fields.indexOf(field.connection);
const SECURITY_AT = fields.indexOf(field.security);

/**
 * The fields of a location in the order of its JSON, cut where another part continues: the place stands on both sides of the
 * time zone, and what stands last is written with `security`.
 */
const GROUPS = {
  beforeZone: fields.slice(OWN_FIELDS.length, TIMEZONE_AT),
  zone: [field.timezone],
  afterZone: fields.slice(TIMEZONE_AT + 1, CONNECTION_AT),
  connection: fields.slice(CONNECTION_AT, SECURITY_AT),
  security: fields.slice(SECURITY_AT),
};

/** Writers of the JSON members that each part adds to a location; unset ones are written too. */
export const WRITE_MEMBERS = {
  beforeZone: createMembersWriter(LocationSchema, GROUPS.beforeZone),
  zone: createMembersWriter(LocationSchema, GROUPS.zone),
  afterZone: createMembersWriter(LocationSchema, GROUPS.afterZone),
  connection: createMembersWriter(LocationSchema, GROUPS.connection),
  security: createMembersWriter(LocationSchema, GROUPS.security),
};

/** The numbers of the fields that a place may have. */
export const PLACE_FIELDS: ReadonlySet<number> = new Set(
  [...GROUPS.beforeZone, ...GROUPS.afterZone].map(({ number }) => number),
);

/** What stands before the address in the JSON of a location. */
export const JSON_START = `{"${field.ipAddress.name}":"`;
/** What stands between address and network. */
export const JSON_NETWORK = `","${field.network.name}":"`;
/** What stands between the network and the members of the parts. */
export const JSON_PARTS = '"';
/** What stands after the last member. */
export const JSON_END = "}";
