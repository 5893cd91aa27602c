import {
  type DescField,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBinder } from "./bind.ts";
import { jsonMessagesOf } from "./testing/json-values.ts";
import { KINDS, KINDS_REGISTRY } from "./testing/kinds.ts";
import { TranscodeError } from "./transcode-error.ts";

const registry = KINDS_REGISTRY;
const RULE = { variableNames: [], reservedParameters: [], registry };
const bindBody = createBinder(KINDS, { ...RULE, body: "*" });
const bindQuery = createBinder(KINDS, { ...RULE, body: "" });

const ofBody = (body: JsonValue) => bindBody({ variables: {}, query: "", body });
const ofQuery = (query: string) => bindQuery({ variables: {}, query, body: undefined });
/** Two messages that are one in binary differ at most in the sign of a zero that has none. */
const bytesOf = (message: Message) => Buffer.from(toBinary(KINDS, message)).toString("hex");

/** Any 16 bits, half of a surrogate pair as well. */
const CODE_UNIT = fc.oneof(
  fc.nat(0x7f).map((code) => String.fromCharCode(code)),
  fc.nat(0xffff).map((code) => String.fromCharCode(code)),
);

/** The JSON that a test is about, and the message that the library reads from it. */
const RIGHT = jsonMessagesOf(KINDS, { oddIn: Infinity })
  .map((json) => ({ json, message: attempt(() => fromJson(KINDS, json, { registry })) }))
  .filter(({ message }) => message !== undefined);

test("a message that the library writes is bound from its body as it was", () => {
  fc.assert(
    fc.property(RIGHT, ({ message }) => {
      const json = attempt(() => toJson(KINDS, message as Message, { registry }));
      if (json !== undefined) expect(bytesOf(ofBody(json))).toBe(bytesOf(message as Message));
    }),
    { seed: 10, numRuns: 200 },
  );
});

test("a body that both accept makes the message that the library makes", () => {
  let accepted = 0;
  const body = jsonMessagesOf(KINDS, { oddIn: 40 });
  fc.assert(
    fc.property(body, (json) => {
      const ours = attempt(() => ofBody(json));
      const theirs = attempt(() => fromJson(KINDS, json, { registry }));
      if (ours === undefined || theirs === undefined) return;
      accepted += 1;
      expect(bytesOf(ours)).toBe(bytesOf(theirs));
    }),
    { seed: 10, numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(30);
});

test("what can be a query is bound from it as from a body", () => {
  fc.assert(
    fc.property(RIGHT, ({ message }) => {
      const json = attempt(() => toJson(KINDS, message as Message, { registry }));
      if (json === undefined) return;
      const { parameters, rest } = asQuery(KINDS.fields, json as JsonObject);
      const query = parameters.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
      expect(bytesOf(ofQuery(query))).toBe(bytesOf(fromJson(KINDS, rest, { registry })));
    }),
    { seed: 10, numRuns: 200 },
  );
});

test("any body is a message or the client's mistake", () => {
  const body = fc.oneof(fc.jsonValue(), jsonMessagesOf(KINDS, { oddIn: 2 }));
  fc.assert(
    fc.property(body, (json) => {
      attempt(() => ofBody(json as JsonValue));
    }),
    { seed: 10, numRuns: 300 },
  );
});

test("any query is a message or the client's mistake", () => {
  const part = fc.oneof(
    fc.constantFrom(...KINDS.fields.flatMap(({ name, jsonName }) => [name, jsonName])),
    fc.constantFrom("name", "size", "deeper", "__proto__", "constructor", "", "%", "a=b"),
    fc.string({ unit: CODE_UNIT, maxLength: 4 }),
  );
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  const text = fc.oneof(
    fc.constantFrom("1", "-1", "true", "RED", "AQ==", "1s", "NaN", "2026-01-31T00:00:00Z"),
    fc.string({ unit: CODE_UNIT, maxLength: 6 }),
  );
  const query = fc
    .array(fc.tuple(name, text), { maxLength: 6 })
    .map((pairs) => pairs.map((pair) => pair.join("=")).join("&"));
  fc.assert(
    fc.property(query, (some) => {
      const message = attempt(() => ofQuery(some));
      if (message !== undefined) expect(() => bytesOf(message)).not.toThrow();
    }),
    { seed: 10, numRuns: 1_000 },
  );
});

test("any text of a path is a message or the client's mistake", () => {
  const names = ["a_double", "a_bytes", "field_mask", "chosen_timestamp", "inner.by_number"];
  const bind = createBinder(KINDS, { ...RULE, body: "", variableNames: names });
  const texts = fc.constantFrom("1", "1e3", "AQ==", "a.b,c", "2026-01-31T00:00:00Z", "NaN");
  const text = fc.oneof(texts, fc.string({ unit: CODE_UNIT, maxLength: 6 }));
  const variables = fc.record(Object.fromEntries(names.map((name) => [name, text])));
  fc.assert(
    fc.property(variables, (some) => {
      attempt(() => bind({ variables: some, query: "", body: undefined }));
    }),
    { seed: 10, numRuns: 500 },
  );
});

/** Undefined for what is refused. Errors: whatever is neither a TranscodeError nor the library's own. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (
      error instanceof TranscodeError ||
      /^cannot (?:de|en)code /.test(`${(error as Error).message}`)
    ) {
      return undefined;
    }
    throw error;
  }
}

/** The JSON of a message as the parameters of a query, and as JSON with only what can be a query. */
function asQuery(fields: readonly DescField[], json: JsonObject, prefix = "") {
  const parameters: [name: string, value: string][] = [];
  const rest: JsonObject = {};
  for (const [name, value] of Object.entries(json)) {
    const field = fields.find(({ jsonName }) => jsonName === name);
    if (field === undefined || field.fieldKind === "map") continue;
    if (isText(field)) {
      rest[name] = value;
      const values = Array.isArray(value) ? value : [value];
      parameters.push(...values.map((each): [string, string] => [prefix + name, textOf(each)]));
    } else if (field.fieldKind === "message" && field.message.file === KINDS.file) {
      const inner = asQuery(field.message.fields, value as JsonObject, `${prefix}${name}.`);
      if (inner.parameters.length === 0) continue;
      rest[name] = inner.rest;
      parameters.push(...inner.parameters);
    }
  }
  return { parameters, rest };
}

function textOf(json: JsonValue): string {
  if (json === null) return "NULL_VALUE";
  return Object.is(json, -0) ? "-0" : String(json);
}

function isText({ message }: DescField): boolean {
  return (
    message === undefined ||
    /\.(?:Timestamp|Duration|FieldMask|\w+\dValue|(?:Double|Float|Bool|String|Bytes)Value)$/.test(
      message.typeName,
    )
  );
}
