import type { DescMethod } from "@bufbuild/protobuf";
import { NOWHERE, PLACE } from "./example-locations.ts";
import type { Examples, MediaType } from "./types.ts";

/** What a call may be sent and answers. The linter compares them with their schemas. */
interface CallExamples {
  readonly parameters?: Readonly<Record<string, Examples>>;
  /** By media type. */
  readonly request?: Readonly<Record<string, Examples>>;
  readonly response?: Examples;
  readonly csv?: Examples;
}

const ADDRESSES: Examples = {
  ipv4: { value: "192.0.2.1" },
  ipv6: { value: "2001:db8::1" },
  me: { summary: "The caller's own address", value: "me" },
};
const FIELDS: Examples = {
  some: { value: "country_code,timezone.name" },
  more: {
    summary: "The usual keys but one, and the names in all languages",
    value: "*,-flag,names",
  },
};
const EXCLUDE_FIELDS: Examples = { some: { value: "flag,currency.currency_symbol" } };
const LANGUAGE: Examples = { german: { value: "de" } };
const MASKS = { language: LANGUAGE, fields: FIELDS, exclude_fields: EXCLUDE_FIELDS };

const REFUSED = {
  error: {
    ip_address: "nonsense",
    code: "invalid_argument",
    message: "ip_address must be an IPv4 address of four decimal parts or an IPv6 address",
  },
};
const SELECTED = { location: { country_code: "NL", timezone: { name: "Europe/Amsterdam" } } };

/** By RPC. The addresses are those for documentation (RFC 5737, RFC 3849), which have no place: places are made up. */
const CALLS: Readonly<Record<string, CallExamples>> = {
  "geomesh.geo.v1.GeoService.GetLocation": {
    parameters: { ip_address: ADDRESSES, ...MASKS },
    response: {
      place: { summary: "A place, made up", value: PLACE },
      special: { summary: "A special-purpose address", value: NOWHERE },
      selection: { summary: "`fields=country_code,timezone.name`", value: SELECTED.location },
    },
  },
  "geomesh.geo.v1.GeoService.GetLocationField": {
    parameters: {
      ip_address: ADDRESSES,
      field: { top: { value: "country_code" }, inside: { value: "timezone.name" } },
      language: LANGUAGE,
    },
    response: { value: { value: "NL\n" }, unknown: { value: "\n" } },
  },
  "geomesh.geo.v1.GeoService.BatchGetLocations": {
    request: {
      "application/json": {
        addresses: { value: { ip_addresses: ["192.0.2.1", "2001:db8::1", "nonsense"] } },
        selection: {
          value: { ip_addresses: ["192.0.2.1"], fields: "country_code,timezone.name" },
        },
      },
    },
    response: {
      results: { value: { results: [{ location: PLACE }, { location: NOWHERE }, REFUSED] } },
      selection: { value: { results: [SELECTED] } },
    },
    csv: {
      selection: {
        value:
          "ip_address,country_code,error.code,error.message\r\n192.0.2.1,NL,,\r\n" +
          `nonsense,,invalid_argument,${REFUSED.error.message}\r\n`,
      },
    },
  },
  "geomesh.geo.v1.GeoService.StreamLocations": {
    parameters: MASKS,
    request: {
      "application/x-ndjson": { line: { value: { ip_address: "192.0.2.1" } } },
      "text/plain": { lines: { value: "192.0.2.1\n2001:db8::1\n" } },
    },
    response: { line: { value: SELECTED }, refused: { value: REFUSED } },
  },
};

const callOf = ({ parent, name }: DescMethod): CallExamples | undefined =>
  CALLS[`${parent.typeName}.${name}`];

/** Examples of a parameter of a call, by the name of the parameter. */
export function parameterExamples(method: DescMethod, name: string): Pick<MediaType, "examples"> {
  return orNone(callOf(method)?.parameters?.[name]);
}

/** Examples of the body of a call in one media type. */
export function requestExamples(method: DescMethod, type: string): Pick<MediaType, "examples"> {
  return orNone(callOf(method)?.request?.[type]);
}

/** Examples of what a call answers, as JSON or as the text that it answers alone. */
export function responseExamples(method: DescMethod): Pick<MediaType, "examples"> {
  return orNone(callOf(method)?.response);
}

/** Examples of what a call answers as CSV. */
export function csvExamples(method: DescMethod): Pick<MediaType, "examples"> {
  return orNone(callOf(method)?.csv);
}

function orNone(examples: Examples | undefined): Pick<MediaType, "examples"> {
  return examples === undefined ? {} : { examples };
}
