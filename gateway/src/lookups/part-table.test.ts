import { create, toBinary } from "@bufbuild/protobuf";
import { PartSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { DEFAULT_SELECTION, readSelection, type Selection } from "@geomesh/terms/selection";
import { expect, test } from "vitest";
import { PartTable } from "./part-table.ts";

const COUNT = 5_000;

function tableOf(renderedBytesMax: number): PartTable {
  const table = new PartTable({ partsMax: COUNT, renderedBytesMax });
  for (let number = 1; number <= COUNT; number++) {
    const value = { city: `City ${number}`, flag: { emoji: `flag ${number}` } };
    const part = create(PartSchema, { number, part: { case: "place", value } });
    const bytes = Buffer.from(toBinary(PartSchema, part));
    table.define(bytes, 0, bytes.length);
    bytes.fill(0);
  }
  return table;
}

const NAMED = readSelection({ fields: ["city", "flag.emoji"], excludeFields: [] }) as Selection;

test("thousands of parts keep their own bytes and texts, and stay within the bytes of JSON", () => {
  const cases = [2_000, 200_000, 100_000_000].flatMap((bytes) =>
    [DEFAULT_SELECTION, NAMED].map((selection) => [bytes, selection] as const),
  );
  for (const [renderedBytesMax, selection] of cases) {
    const table = tableOf(renderedBytesMax);
    for (let round = 0; round < 2; round++) {
      for (let number = 1; number <= COUNT; number += 3) {
        const texts = table.textsOf(selection);
        expect(texts.beforeZone(number)).toContain(`"city":"City ${number}"`);
        expect(texts.afterZone(number)).toContain(`"emoji":"flag ${number}"`);
        expect(table.renderedBytes).toBeLessThanOrEqual(renderedBytesMax);
      }
    }
    expect(table.renderedBytes).toBeGreaterThan(0);
  }
});
