import type { DescField, DescMessage, JsonValue, Message, Registry } from "@bufbuild/protobuf";
import { hasNull, noteRival } from "./body-field.ts";
import { createBodyReaders, type Elsewhere, NOWHERE, namesBelow } from "./body-message.ts";
import { isObject, type MergeObject } from "./body-run.ts";
import type { FieldProblems } from "./field-problems.ts";
import { childIn, slotOf } from "./field-slot.ts";

/** Sets the fields of a message from JSON, and notes every key that is unknown, misplaced or has an invalid value. */
export type BindBody = (message: Message, json: JsonValue, problems: FieldProblems) => void;

/** What a caller may choose about bodies. */
export interface BodyOptions {
  /** The messages that a google.protobuf.Any may hold, and the extensions that messages may have. Default none. */
  readonly registry?: Registry | undefined;
  /** What the whole is called in mistakes. Default `body`. */
  readonly place?: string | undefined;
}

const BODY = "body";

/**
 * Compiles a binder of bodies that are JSON of a message, as proto3 JSON says (https://protobuf.dev/programming-guides/json/).
 * Fields in `elsewhere`, by their names in the contract with dots between, are set by the path and must not come in the body.
 *
 * It takes what `fromJson` of protobuf-es takes, and makes the same message of it, except that it refuses:
 * - times that no calendar has, and durations with more than nine digits of a second or text behind them;
 * - base64 with white space, both alphabets, or padding in the middle or incomplete;
 * - a 64-bit integer beyond 2^53 - 1 that is not in quotes, as the parser of JSON has rounded it already;
 * - numbers in quotes in a form that JSON has not, or with white space: `0x10`, `1.`, `.5`, `+1`;
 * - text with half of a surrogate pair, and numbers beyond a double, also in google.protobuf.Struct and Value;
 * - paths of a FieldMask that are no names;
 * - keys beside `@type` and `value` of an Any that holds a message with a JSON form of its own;
 * - more than 99 levels of objects; each list or object in a Struct, Value or ListValue is two.
 *
 * It takes more: a member of a oneof that is `null` is unset, whatever its kind, and a 64-bit integer in quotes may have a fraction
 * of zeros or an exponent, both as proto3 JSON says; and paths of a FieldMask may be in snake_case.
 */
export function createBodyBinder(
  input: DescMessage,
  elsewhere: Elsewhere,
  { registry, place = BODY }: BodyOptions = {},
): BindBody {
  const readers = createBodyReaders(registry);
  const readSpecial = readers.specialOf(input);
  if (readSpecial !== undefined) {
    return (message, json, problems) => {
      const value = readSpecial(json, place, { problems, depth: 0 });
      if (value !== undefined) Object.assign(message, value);
    };
  }
  const merge = readers.objectOf(input, elsewhere);
  return (message, json, problems) => {
    if (isObject(json)) merge(message, json, { prefix: "", run: { problems, depth: 1 } });
    else problems.add(place, "must be a JSON object");
  };
}

/**
 * Compiles a binder of bodies that are JSON of one field, of any kind. Mistakes in a message go by the names in that message,
 * any other by its place in the body, such as `body[2]`.
 */
export function createFieldBodyBinder(
  field: DescField,
  elsewhere: Elsewhere,
  { registry, place = BODY }: BodyOptions = {},
): BindBody {
  const readers = createBodyReaders(registry);
  const inner = field.fieldKind === "message" ? field.message : undefined;
  if (inner !== undefined && readers.specialOf(inner) === undefined) {
    const merge = readers.objectOf(inner, namesBelow(elsewhere, field.name));
    return objectBinder(field, inner, { merge, place });
  }
  const read = readers.fieldOf(field, NOWHERE);
  const takesNull = hasNull(field);
  return (message, json, problems) => {
    if (json === null && !takesNull) problems.add(place, "must not be null");
    else read(message, json, { prefix: "", run: { problems, depth: 1 }, place });
  };
}

function objectBinder(
  field: DescField,
  inner: DescMessage,
  { merge, place }: { readonly merge: MergeObject; readonly place: string },
): BindBody {
  const slot = slotOf(field);
  return (message, json, problems) => {
    const run = { problems, depth: 2 };
    const rival = slot.rivalIn(message);
    if (rival !== undefined) noteRival(field, rival, { prefix: "", run });
    else if (!isObject(json)) problems.add(place, "must be a JSON object");
    else merge(childIn(message, slot, inner), json, { prefix: "", run });
  };
}
