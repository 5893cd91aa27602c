import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonWriter } from "./json-writer.ts";
import { canLookLikeProblem, STREAM_FRAMES } from "./stream-frames.ts";
import { INNER, KINDS } from "./testing/kinds.ts";
import { messagesOf } from "./testing/messages.ts";
import { readEvents } from "./testing/sse.ts";

const { ndjson, sse } = STREAM_FRAMES;
const PROBLEM = '{"title":"geo is unavailable"}';
/** JSON of any messages, one character a byte. */
const JSONS = fc.array(
  messagesOf(INNER).map((message) => createJsonWriter(INNER)(toBinary(INNER, message))),
  { maxLength: 5 },
);

test("an event stream has a message for each JSON, and then tells how it ended", () => {
  fc.assert(
    fc.property(JSONS, fc.boolean(), (jsons, fails) => {
      const last = fails ? sse.problem(PROBLEM) : sse.end;
      const { events, rest } = readEvents(jsons.map(sse.message).join("") + last);
      expect(events).toEqual([
        ...jsons.map((data) => ({ type: "message", data })),
        fails ? { type: "problem", data: PROBLEM } : { type: "end", data: "{}" },
      ]);
      expect(rest).toBe("");
    }),
    { numRuns: 200 },
  );
});

test("lines have a message for each JSON, and a problem only as the last line of a failure", () => {
  fc.assert(
    fc.property(JSONS, fc.boolean(), (jsons, fails) => {
      const last = fails ? ndjson.problem(PROBLEM) : ndjson.end;
      const lines = (jsons.map(ndjson.message).join("") + last).split("\n");
      expect(lines.pop()).toBe("");
      const keys = lines.map((line) => Object.keys(JSON.parse(line) as object).join());
      expect(keys.indexOf("problem")).toBe(fails ? jsons.length : -1);
      expect(lines).toEqual(fails ? [...jsons, `{"problem":${PROBLEM}}`] : jsons);
    }),
    { numRuns: 200 },
  );
});

test("a comment between events, as a front sends to keep a connection open, is no event", () => {
  const { events } = readEvents(`:\n\n${sse.message("1")}:\n\n${sse.message("2")}`);
  expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
});

test("each format has its media type", () => {
  expect(ndjson.contentType).toBe("application/x-ndjson");
  expect(sse.contentType).toBe("text/event-stream");
});

test.each<[why: string, field: string, can: boolean]>([
  ["the keys of a map are anything", "by_string", true],
  ["even where they are numbers, as a type that is not looked at", "by_int32", true],
  ["so are those of a Struct", "struct", true],
  ["and of a Value", "value", true],
  ["an Any has its type as well", "any", false],
  ["a ListValue is a list", "list_value", false],
  ["so is any list", "struct_list", false],
  ["text is no object", "a_string", false],
  ["nor is a number", "a_double", false],
  ["nor an enum", "a_color", false],
  ["nor a time", "timestamp", false],
  ["nor a wrapper", "string_value", false],
  ["a message has the keys of its fields", "inner", false],
  ["Empty has none", "empty", false],
])("an answer that is one field may look like a failure or not: %s", (_why, name, can) => {
  const field = KINDS.fields.find((each) => each.name === name);
  expect(field && canLookLikeProblem(KINDS, field)).toBe(can);
});

test("a message may look like one where a field has that name, or its keys are anything", () => {
  expect(canLookLikeProblem(KINDS)).toBe(false);
  const [field] = INNER.fields;
  if (field === undefined) throw new Error("Inner has no fields");
  const named = { ...INNER, fields: [...INNER.fields, { ...field, name: "problem" }] };
  expect(canLookLikeProblem(named)).toBe(true);
  const struct = KINDS.fields.find(({ name }) => name === "struct")?.message;
  expect(struct && canLookLikeProblem(struct)).toBe(true);
});
