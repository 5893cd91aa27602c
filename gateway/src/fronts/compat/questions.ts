import { create, fromBinary } from "@bufbuild/protobuf";
import {
  BatchGetLocationsRequestSchema,
  BatchGetLocationsResponseSchema,
  GetLocationRequestSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { LocationResult } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { type AllowedGroups, refusingGroup } from "@geomesh/terms/field-groups";
import type { LimitHeaders } from "../../operations/outcome.ts";
import type { Answer, Question } from "./facade.ts";

/** The address of whoever asks, as operations name it. */
export const CALLER = "me";

/** What is not the default of a lookup. */
export interface LookupOptions {
  /** Default is English. */
  readonly language?: string;
  /** Whether names come in all languages as well; default is false. */
  readonly hasNames?: boolean;
}

/** Whether a plan allows names in all languages, which it refuses who names them without. */
export const allowsNames = (groups: AllowedGroups | undefined): boolean =>
  refusingGroup(groups, LocationSchema.field.names.number) === undefined;

/** Asks where one address is. */
export function askLocation(
  ipAddress: string,
  options: LookupOptions,
  write: (location: Location, limits: LimitHeaders) => Answer,
): Question {
  return {
    request: create(GetLocationRequestSchema, { ipAddress, ...asked(options) }),
    answer(response, limits) {
      const { location } = fromBinary(GetLocationResponseSchema, response);
      if (location === undefined) throw new Error("a GetLocationResponse has no location");
      return write(location, limits);
    },
  };
}

/** Asks where many addresses are; the results have their order. */
export function askLocations(
  ipAddresses: string[],
  options: LookupOptions,
  write: (results: readonly LocationResult[], limits: LimitHeaders) => Answer,
): Question {
  return {
    request: create(BatchGetLocationsRequestSchema, { ipAddresses, ...asked(options) }),
    answer(response, limits) {
      return write(fromBinary(BatchGetLocationsResponseSchema, response).results, limits);
    },
  };
}

function asked({ language = "en", hasNames = false }: LookupOptions) {
  return { language, ...(hasNames && { fields: { paths: ["*", "names"] } }) };
}
