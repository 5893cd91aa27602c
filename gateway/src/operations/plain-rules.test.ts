import { create, type DescMessage } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import fc from "fast-check";
import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "./catalog.ts";
import { compilePlainCheck } from "./plain-rules.ts";

const INPUTS = publicOperations(SERVICES).map(({ method }) => method.input);
const PLAIN = INPUTS.filter((input) => compilePlainCheck(input) !== undefined);
const VALIDATOR = createValidator();

const text = fc.oneof(
  fc.constantFrom("", "en", "pt-BR", "pt", "EN", "me", "81.2.69.142"),
  fc.string({ unit: ANY_CHARACTER, maxLength: 140 }),
  fc.integer({ min: 0, max: 70 }).map((length) => "𐍈".repeat(length)),
  fc.integer({ min: 60, max: 70 }).map((length) => "x".repeat(length)),
);
const texts = fc.oneof(
  fc.array(text, { maxLength: 5 }),
  fc.integer({ min: 0, max: 1_002 }).map((length) => Array<string>(length).fill("1.1.1.1")),
);

function valuesOf({ fields }: DescMessage) {
  return fc.record(
    Object.fromEntries(
      fields
        .filter(({ fieldKind }) => fieldKind !== "message")
        .map(({ localName, fieldKind }) => [localName, fieldKind === "list" ? texts : text]),
    ),
  );
}

test("lookups are among the requests that the plain check knows", () => {
  const names = PLAIN.map(({ name }) => name);
  const lookups = ["GetLocationRequest", "GetLocationFieldRequest", "BatchGetLocationsRequest"];
  expect(names).toEqual(expect.arrayContaining(lookups));
});

test("masks of keys do not keep a lookup from the plain check", () => {
  const { getLocation, batchGetLocations } = GeoService.method;
  const paths = ["city", "no.such.key", "", "x".repeat(1_000)];
  const masks = { fields: { paths }, excludeFields: { paths } };
  const one = create(getLocation.input, { ipAddress: "me", ...masks });
  const many = create(batchGetLocations.input, { ipAddresses: ["::1"], ...masks });
  expect(compilePlainCheck(getLocation.input)?.(one)).toBe(true);
  expect(compilePlainCheck(batchGetLocations.input)?.(many)).toBe(true);
});

test.each(PLAIN.map((input) => [input.name, input] as const))(
  "what the plain check of %s lets through is valid by the library",
  (_name, input) => {
    const check = compilePlainCheck(input);
    let passed = 0;
    fc.assert(
      fc.property(valuesOf(input), (values) => {
        const message = create(input, values);
        if (check?.(message) !== true) return;
        passed += 1;
        expect(VALIDATOR.validate(input, message).kind).toBe("valid");
      }),
      { numRuns: 2_000 },
    );
    expect(passed).toBeGreaterThan(20);
  },
);

test("a request with other rules is left to the library", () => {
  expect(INPUTS.length).toBeGreaterThan(PLAIN.length);
});
