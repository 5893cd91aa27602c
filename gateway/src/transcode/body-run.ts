import type { JsonObject, JsonValue, Message } from "@bufbuild/protobuf";
import type { FieldProblems } from "./field-problems.ts";

/** The reading of one body. */
export interface BodyRun {
  readonly problems: FieldProblems;
  /** Levels of messages that are open. */
  depth: number;
}

/** Reads JSON into a value as the library holds it; `place` names it in problems. Undefined where it noted why there is none. */
export type ReadValue = (json: JsonValue, place: string, run: BodyRun) => unknown;

/** Where fields of a message stand in a body. */
export interface Spot {
  /** Leads to the fields: empty, or ends in a dot. */
  readonly prefix: string;
  readonly run: BodyRun;
  /** What a field is called instead, where it is the whole body. */
  readonly place?: string;
}

/** Sets the fields of a message from an object. */
export type MergeObject = (message: Message, json: JsonObject, spot: Spot) => void;

/** Sets one field of a message. */
export type ReadField = (message: Message, json: JsonValue, spot: Spot) => void;

/**
 * Deepest that objects may be in each other, so that a service can read the message: the library reads 100 messages in each other
 * in binary, and the last is left to those that are no object, such as a time.
 */
const LEVELS_MAX = 99;

/** What a message is told that is not an object, or an object of another form. */
export const NO_OBJECT = "must be an object of the documented form";

/** What a key is told that names no field. */
export const UNKNOWN_FIELD = "is not a field of this call";

/** Goes `levels` deeper for `read`. Notes a problem instead beyond 99 levels. */
export function within<T>(
  run: BodyRun,
  { place, levels }: { readonly place: string; readonly levels: number },
  read: () => T,
): T | undefined {
  if (run.depth + levels > LEVELS_MAX) {
    run.problems.add(place, `is nested more than ${LEVELS_MAX} levels deep`);
    return undefined;
  }
  run.depth += levels;
  const value = read();
  run.depth -= levels;
  return value;
}

/** True for an object of JSON, which neither null nor a list is. */
export function isObject(json: JsonValue | undefined): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}

/** The place of an entry of a map or object: `labels["k"]`. */
export function entryPlace(place: string, key: string): string {
  return `${place}[${JSON.stringify(key.slice(0, KEY_CHARS_MAX))}]`;
}

const KEY_CHARS_MAX = 100;

/** Sets an own property, also one that is named like the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
