import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  GetLocationFieldRequestSchema,
  GetLocationFieldResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { readValuePath, valueText } from "@geomesh/terms/location-value";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeGeo } from "../lookups/testing/fake-geo.ts";
import { lookupsForTest } from "../lookups/testing/lookups.ts";
import { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { messagesOf } from "../transcode/testing/messages.ts";
import { getLocationField } from "./get-location-field.ts";

const FIELDS = LocationSchema.fields
  .flatMap(({ name, message }) => [
    name,
    ...(message?.fields.map((inside) => `${name}.${inside.name}`) ?? []),
  ])
  .filter((name) => typeof readValuePath(name) !== "string");
const ADDRESS = "192.0.2.1";

test("a value of a location is the line that geo itself makes of it", async () => {
  const geo = new FakeGeo();
  const { lookups, admission } = lookupsForTest({ open: geo.open });
  const handler = getLocationField(lookups);
  const locations = messagesOf(LocationSchema) as fc.Arbitrary<Location>;
  await fc.assert(
    fc.asyncProperty(locations, fc.constantFrom(...FIELDS), async (value, field) => {
      geo.answerOf = () => ({ result: { case: "location", value } });
      const asker = new TestAsker();
      const request = create(GetLocationFieldRequestSchema, { ipAddress: ADDRESS, field });
      handler(request, admission(principalForTest(), [ADDRESS]), asker);
      const { body } = fromBinary(GetLocationFieldResponseSchema, await asker.bytes());
      const path = readValuePath(field);
      const expected = valueText(
        toBinary(LocationSchema, value),
        path as Exclude<typeof path, string>,
      );
      expect([field, Buffer.from(body?.data ?? []).toString()]).toEqual([field, expected]);
    }),
    { numRuns: 300 },
  );
});
