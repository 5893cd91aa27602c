import { create, toBinary } from "@bufbuild/protobuf";
import { PartSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
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

test("thousands of parts keep their own bytes and texts, and stay within the bytes of JSON", () => {
  for (const renderedBytesMax of [2_000, 200_000, 100_000_000]) {
    const table = tableOf(renderedBytesMax);
    for (let round = 0; round < 2; round++) {
      for (let number = 1; number <= COUNT; number += 3) {
        expect(table.beforeZoneJson(number)).toContain(`"city":"City ${number}"`);
        expect(table.afterZoneJson(number)).toContain(`"emoji":"flag ${number}"`);
        expect(table.renderedBytes).toBeLessThanOrEqual(renderedBytesMax);
      }
    }
    expect(table.renderedBytes).toBeGreaterThan(0);
  }
});
