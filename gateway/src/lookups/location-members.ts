import { create, toBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { Selection } from "@geomesh/terms/selection";
import {
  createJsonWriter,
  createMembersWriter,
  type JsonWriter,
} from "../transcode/json-writer.ts";
import { resultMembers } from "./results.ts";

const { fields, field } = LocationSchema;
const RESULT = LocationResultSchema.field;
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

/** What locations that come in parts have beside them, encoded: no override applies to them. */
export const NOT_OVERRIDDEN = toBinary(
  LocationSchema,
  create(LocationSchema, { isOverridden: false }),
);

/** Writers of the JSON of a selection, unset keys included. */
export interface LocationWriters {
  /** The JSON members that each part adds to a location, a comma before each. */
  readonly beforeZone: JsonWriter;
  readonly zone: JsonWriter;
  readonly afterZone: JsonWriter;
  readonly connection: JsonWriter;
  readonly security: JsonWriter;
  /** The location in a serialized LocationResult; one without a location has nothing set. */
  readonly location: JsonWriter;
  /** A serialized LocationResult. */
  readonly result: JsonWriter;
}

const COMPILED = new WeakMap<Selection, LocationWriters>();

/** The writers of a selection, compiled where it is asked for first. */
export function writersOf(selection: Selection): LocationWriters {
  const known = COMPILED.get(selection);
  if (known !== undefined) return known;
  const writers = compile(selection);
  COMPILED.set(selection, writers);
  return writers;
}

function compile({ members }: Selection): LocationWriters {
  const ofGroup = (group: keyof typeof GROUPS) =>
    createMembersWriter(LocationSchema, GROUPS[group], { tree: members });
  const security = ofGroup("security");
  return {
    beforeZone: ofGroup("beforeZone"),
    zone: ofGroup("zone"),
    afterZone: ofGroup("afterZone"),
    connection: ofGroup("connection"),
    security: (bytes) => security(Buffer.concat([bytes, NOT_OVERRIDDEN])),
    location: onFirstUse(() =>
      createJsonWriter(LocationResultSchema, RESULT.location, { tree: members }),
    ),
    result: onFirstUse(() =>
      createJsonWriter(LocationResultSchema, undefined, { tree: resultMembers(members) }),
    ),
  };
}

/** Answers that come in parts never need it. */
function onFirstUse(create: () => JsonWriter): JsonWriter {
  let writer: JsonWriter | undefined;
  return (message) => {
    writer ??= create();
    return writer(message);
  };
}

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
