import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { LookupFramesRequestSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { LookupFramesRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { byteTagOf, tagOf } from "./tags.ts";

const empty = Location.fromPartial({});
const location = (fields: Partial<Location>) => Location.encode({ ...empty, ...fields }).finish();
const frame = (ipAddresses: string[]) =>
  LookupFramesRequest.encode(LookupFramesRequest.fromPartial({ ipAddresses })).finish();

test.each<[string, number, Uint8Array]>([
  ["a text", tagOf(LocationSchema.field.city), location({ city: "x" })],
  ["a number", tagOf(LocationSchema.field.cityGeonameId), location({ cityGeonameId: 1 })],
  ["a boolean", tagOf(LocationSchema.field.countryIsEu), location({ countryIsEu: true })],
  [
    "a double, with a tag of two bytes",
    tagOf(LocationSchema.field.latitude),
    location({ latitude: 1 }),
  ],
  ["a message", tagOf(LocationSchema.field.timezone), location({ timezone: {} })],
  ["a list of texts", tagOf(LookupFramesRequestSchema.field.ipAddresses), frame(["x"])],
])("the tag of %s is the one that the generated code writes", (_, tag, encoded) => {
  const out = new ByteWriter();
  out.varint(tag);
  const expected = Buffer.from(encoded).subarray(0, out.length);
  expect(out.take()).toEqual(expected);
});

test("a field whose tag takes two bytes is refused where one byte is written", () => {
  expect(byteTagOf(LocationSchema.field.city)).toBe(tagOf(LocationSchema.field.city));
  expect(() => byteTagOf(LocationSchema.field.latitude)).toThrow(RangeError);
});
