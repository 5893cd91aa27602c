import { type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ListValueSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { type BodyRun, entryPlace, isObject, type ReadValue, within } from "./body-run.ts";

const NESTING_MAX = 100;
/** Each list or object of JSON is a Value and a Struct or ListValue in it. */
const LEVELS = 2;

/** Readers of the messages that stand for any JSON, by their names. */
export const ANY_JSON: ReadonlyMap<string, ReadValue> = new Map([
  [ValueSchema.typeName, readerOf(ValueSchema, () => true, "any JSON")],
  [ListValueSchema.typeName, readerOf(ListValueSchema, Array.isArray, "a list")],
  [StructSchema.typeName, readerOf(StructSchema, isObject, "an object")],
]);

/** Reads a Struct as the library holds it in a field: as the JSON that it is. */
export function readStructField(json: JsonValue, place: string, run: BodyRun): unknown {
  if (isObject(json)) return isFine(json, place, run) ? json : undefined;
  run.problems.add(place, "must be an object");
  return undefined;
}

function readerOf(
  desc: DescMessage,
  isKind: (json: JsonValue) => boolean,
  expected: string,
): ReadValue {
  return (json, place, run) => {
    if (!isKind(json)) {
      run.problems.add(place, `must be ${expected}`);
      return undefined;
    }
    if (!isFine(json, place, run)) return undefined;
    return fromJson(desc, json, { recursionLimit: NESTING_MAX });
  };
}

/** Notes text and numbers that JSON has no lasting form for. The number `1e999` is infinite. */
function isFine(json: JsonValue, place: string, run: BodyRun): boolean {
  switch (typeof json) {
    case "number":
      return noted(Number.isFinite(json), "must be a number that a double can hold");
    case "string":
      return noted(json.isWellFormed(), "must be a string");
    case "object":
      return json === null || within(run, { place, levels: LEVELS }, () => areFine(json)) === true;
    default:
      return true;
  }

  function noted(isValid: boolean, description: string): boolean {
    if (!isValid) run.problems.add(place, description);
    return isValid;
  }

  function areFine(inner: object): boolean {
    let isGood = true;
    for (const [key, value] of Object.entries(inner)) {
      const at = Array.isArray(inner) ? `${place}[${key}]` : entryPlace(place, key);
      if (!key.isWellFormed()) run.problems.add(at, "must have a name that is a string");
      isGood = isFine(value, at, run) && key.isWellFormed() && isGood;
    }
    return isGood;
  }
}
