import type { DescField, JsonValue } from "@bufbuild/protobuf";
import {
  entryPlace,
  isObject,
  type ReadField,
  type ReadValue,
  type Spot,
  setOwn,
} from "./body-run.ts";
import { rivalProblem, slotOf } from "./field-slot.ts";
import { mapKeyType } from "./map-key.ts";
import type { ValueType } from "./value-type.ts";

/** How the values of a field are read: by their type where they are one text or number. */
export type Values = ValueType | ReadValue;

/** Compiles the reading of a field of any kind; `null` is the lack of a value, except where it is one. */
export function fieldReader(field: DescField, values: Values): ReadField {
  if (field.fieldKind === "list") return listReader(field, values);
  if (field.fieldKind === "map") return mapReader(field, values);
  const slot = slotOf(field);
  const read = readValue(values);
  const takesNull = hasNull(field);
  return (message, json, spot) => {
    if (json === null && !takesNull) return;
    const place = placeOf(field, spot);
    const value = read(json, place, spot.run);
    const rival = slot.rivalIn(message);
    if (rival !== undefined) noteRival(field, rival, spot);
    else if (value !== undefined) slot.put(message, value);
  };
}

/** Notes that another member of the oneof of a field is set. A whole body is named as its field is, so that both have names. */
export function noteRival({ name }: DescField, rival: string, { prefix, run }: Spot): void {
  run.problems.add(`${prefix}${name}`, rivalProblem(prefix, rival));
}

/** What a field is called in problems. */
export function placeOf({ name }: DescField, { prefix, place }: Spot): string {
  return place ?? `${prefix}${name}`;
}

/** True where `null` is a value: in google.protobuf.Value, and in the enum that has no other. */
export function hasNull(field: DescField): boolean {
  const { typeName = "" } = field.message ?? field.enum ?? {};
  return typeName === "google.protobuf.Value" || typeName === "google.protobuf.NullValue";
}

/** Reads a value, and notes one that is not of its type. */
export function readValue(values: Values): ReadValue {
  if (typeof values === "function") return values;
  return (json, place, { problems }) => {
    const value = values.readJson(json);
    if (value === undefined) problems.add(place, `must be ${values.expectedInJson}`);
    return value;
  };
}

function listReader(field: DescField & { fieldKind: "list" }, values: Values): ReadField {
  const element =
    typeof values === "function" ? "an object of the documented form" : values.expectedInJson;
  const expected = `must be a list; each element must be ${element}`;
  return (message, json, spot) => {
    if (json === null) return;
    const { problems } = spot.run;
    const list = (message as unknown as Record<string, unknown[]>)[field.localName] as unknown[];
    if (!Array.isArray(json)) problems.add(placeOf(field, spot), expected);
    else if (typeof values === "function") {
      const place = placeOf(field, spot);
      for (const [at, each] of json.entries()) {
        list.push(values(each, `${place}[${at}]`, spot.run));
      }
    } else if (!json.every((each) => pushIfValue(list, values.readJson(each)))) {
      problems.add(placeOf(field, spot), expected);
    }
  };
}

function pushIfValue(list: unknown[], value: unknown): boolean {
  if (value !== undefined) list.push(value);
  return value !== undefined;
}

function mapReader(field: DescField & { fieldKind: "map" }, values: Values): ReadField {
  const key = mapKeyType(field);
  const read = readValue(values);
  return (message, json, spot) => {
    if (json === null) return;
    const place = placeOf(field, spot);
    const { problems } = spot.run;
    if (!isObject(json)) {
      problems.add(place, "must be an object of keys and values");
      return;
    }
    const map = (message as unknown as Record<string, object>)[field.localName] as object;
    for (const [text, each] of Object.entries<JsonValue>(json)) {
      const at = entryPlace(place, text);
      const property = key.read(text);
      if (property === undefined) problems.add(at, `must have a key that is ${key.expected}`);
      else if (Object.hasOwn(map, property)) problems.add(at, "is given twice");
      else setOwn(map as Record<string, unknown>, property, read(each, at, spot.run));
    }
  };
}
