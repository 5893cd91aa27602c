import { toJson } from "@bufbuild/protobuf";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { LocationResult } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";

/** What a door answers for an address, in the one form that all are compared in: values by name, or why there are none. */
export type Answer = Readonly<Record<string, string>>;

/** Locates addresses, in order, with their names in a language. */
export type Door = (addresses: readonly string[]) => Promise<Answer[]>;

/** Of another moment with every answer. */
const CLOCK = new Set(["timezone.current_time", "timezone.local_time"]);
const FIELD = "ip_address ";

/** The answer in the JSON of a location; what is unknown is left out. */
export function locationAnswer(json: unknown): Answer {
  return Object.fromEntries(flat(json, "").filter(([name]) => !CLOCK.has(name)));
}

/** The answer in a message. */
export function messageAnswer(location: Location): Answer {
  const options = { useProtoFieldName: true, alwaysEmitImplicit: true };
  return locationAnswer(toJson(LocationSchema, location, options));
}

/** Why an address has no answer: the code and the sentence, without the name of the field. */
export function errorAnswer(code: string, sentence: string): Answer {
  const text = sentence.startsWith(FIELD) ? sentence.slice(FIELD.length) : sentence;
  return { error: `${code.toLowerCase()}: ${text}` };
}

/** The answer in an entry of a batch or stream, as JSON. */
export function entryAnswer(json: { location?: unknown; error?: Entry }): Answer {
  const { location, error } = json;
  if (error === undefined) return locationAnswer(location);
  return errorAnswer(error.code, error.message);
}

interface Entry {
  readonly code: string;
  readonly message: string;
}

/** The answer in an entry of a batch or stream, as a message. */
export function resultAnswer(result: LocationResult | undefined): Answer {
  if (result?.result.case === "location") return messageAnswer(result.result.value);
  const { code = "", message = "" } = result?.result.value ?? {};
  return errorAnswer(code, message);
}

function flat(value: unknown, name: string): [name: string, value: string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[name, `${value}`]];
  return Object.entries(value).flatMap(([key, inside]) =>
    flat(inside, name === "" ? key : `${name}.${key}`),
  );
}
