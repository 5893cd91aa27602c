import type { Location } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { LocationResult } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { invalidArgument } from "@geomesh/runtime/errors";
import { parseJson } from "../../../http/read-body.ts";
import { NO_ADDRESS, onlyAddress } from "../addresses.ts";
import { jsonAnswer } from "../answers.ts";
import type { FacadeRequest, Question } from "../facade.ts";
import { askLocations } from "../questions.ts";
import { WRONG_FIELD, wrongIp } from "./errors.ts";
import { ipinfoLocation, ipinfoText, isIpinfoField } from "./location.ts";

const ENTRIES_MAX = 1_000;
const WHOLE = "json";
const JSON_START = /^\s*[[{"]/;
const FILTERED = "1";

/** What an entry of a batch is answered by. */
interface Found {
  readonly value: unknown;
  readonly hasAnswer: boolean;
}

/** An entry of a batch: an address, or a field of one. */
interface Entry {
  /** As it was given: the key of its answer. */
  readonly text: string;
  /** What cannot be located where the entry is wrong, so that it costs nothing. */
  readonly address: string;
  readonly found: (result: LocationResult) => Found;
}

/**
 * Asks for a batch: entries in a JSON array or one a line, answered by an object with a member for each. With `filter=1` those
 * without an answer are left out. An entry that comes twice is one, and so is an address. Errors: INVALID_ARGUMENT.
 */
export function askBatch({ body, parameter }: FacadeRequest): Question {
  const texts = new Set(textsOf(body));
  if (texts.size > ENTRIES_MAX) throw invalidBatch(`must have at most ${ENTRIES_MAX} entries`);
  const entries = [...texts].map(entryOf);
  const places = new Map<string, number>();
  for (const { address } of entries) {
    if (!places.has(address)) places.set(address, places.size);
  }
  const isFiltered = parameter("filter") === FILTERED;
  return askLocations([...places.keys()], {}, (results) => {
    const members = entries.map(({ text, address, found }) => {
      const result = results[places.get(address) ?? -1];
      if (result === undefined) throw new Error("the batch has too few results");
      return { text, ...found(result) };
    });
    const answered = isFiltered ? members.filter(({ hasAnswer }) => hasAnswer) : members;
    return jsonAnswer(200, Object.fromEntries(answered.map(({ text, value }) => [text, value])));
  });
}

function textsOf(body: Uint8Array): readonly string[] {
  const text = Buffer.from(body).toString();
  if (!JSON_START.test(text)) return text.split(/\s+/).filter((line) => line !== "");
  const value = parseJson(body);
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
  if (!isList) throw invalidBatch("must be an array of texts");
  return value;
}

function entryOf(text: string): Entry {
  const [, address = "", field = WHOLE] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  const write = writerOf(field);
  if (write === undefined) return { text, address: NO_ADDRESS, found: () => nothing(WRONG_FIELD) };
  return { text, address: onlyAddress(address), found: (result) => foundBy(result, write) };
}

function writerOf(field: string): ((location: Location) => unknown) | undefined {
  if (field === WHOLE) return ipinfoLocation;
  return isIpinfoField(field) ? (location) => ipinfoText(location, field) : undefined;
}

function foundBy({ result }: LocationResult, write: (location: Location) => unknown): Found {
  if (result.case !== "location") return nothing(wrongIp(result.value?.message ?? ""));
  const value = write(result.value);
  return value === "" ? nothing(value) : { value, hasAnswer: true };
}

const nothing = (value: unknown): Found => ({ value, hasAnswer: false });
const invalidBatch = (description: string) => invalidArgument([{ field: "body", description }]);
