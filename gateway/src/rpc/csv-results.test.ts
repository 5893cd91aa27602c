import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { readSelection, type Selection } from "@geomesh/terms/selection";
import { expect, test } from "vitest";
import { PlainAnswers } from "../lookups/plain-answers.ts";
import { CsvResults } from "./csv-results.ts";

type Result = NonNullable<MessageInitShape<typeof LocationResultSchema>["result"]>;

const encoded = (result: Result) =>
  Buffer.from(toBinary(LocationResultSchema, create(LocationResultSchema, { result })));
const located = (ipAddress: string, city: string): Result => ({
  case: "location",
  value: { ipAddress, city },
});
const failed: Result = {
  case: "error",
  value: { ipAddress: '=x,"y"', code: "invalid_argument", message: "ip_address, it must be one" },
};

/** The CSV of results that come in frames, each with the place of its first address. */
function csvOf(fields: string[], frames: readonly (readonly [offset: number, Result[]])[]): string {
  const selection = readSelection({ fields, excludeFields: [] }) as Selection;
  const asked = { language: "", withNames: false, selection, headers: {} };
  const response = new CsvResults(asked);
  for (const [offset, results] of frames) {
    response.take(new PlainAnswers(1, results.map(encoded)), 0, offset, results.length);
  }
  const body = response.body();
  if (body.form !== "csv") throw new Error("the answer is not CSV");
  return `${body.csv}`;
}

test("a line of names, then one for each address in the order of the question", () => {
  const csv = csvOf(
    ["ip_address", "city"],
    [
      [2, [located("192.0.2.3", "Zürich")]],
      [0, [located("192.0.2.1", "Bern"), located("192.0.2.2", "Washington, D.C.")]],
    ],
  );
  expect(csv).toBe(
    [
      "ip_address,city,error.code,error.message",
      "192.0.2.1,Bern,,",
      '192.0.2.2,"Washington, D.C.",,',
      "192.0.2.3,Zürich,,",
      "",
    ].join("\r\n"),
  );
});

test("an address that failed has its text, where that is selected, and why", () => {
  const why = 'invalid_argument,"ip_address, it must be one"';
  const lines = (...fields: string[]) => csvOf(fields, [[0, [failed]]]).split("\r\n");
  expect(lines("city", "ip_address")[1]).toBe(`"'=x,""y""",,${why}`);
  expect(lines("city", "latitude")[1]).toBe(`,,${why}`);
});

test("every line has as many fields as there are names, also where a message has nothing", () => {
  const nothing: Result = { case: undefined };
  const lines = csvOf(["*"], [[0, [nothing, located("192.0.2.1", "Bern")]]]).split("\r\n");
  const counts = lines.slice(0, -1).map((line) => line.split(",").length);
  expect(new Set(counts).size).toBe(1);
});
