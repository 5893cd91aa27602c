import { fromBinary, toJson } from "@bufbuild/protobuf";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import {
  BatchGetLocationsRequest,
  GetLocationRequest,
} from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import fc from "fast-check";
import { expect, test } from "vitest";
import { handlersOf, NO_CALL } from "../testing/geo-handlers.ts";
import { composerOf } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { variedDatasets } from "../testing/varied-datasets.ts";

interface Masks {
  readonly fields?: string[];
  readonly excludeFields?: string[];
}

const OVERRIDES = '{"network":"1.3.7.0/24","city":"Campus","security":{"is_vpn":true}}';
const GEO = handlersOf(composerOf(variedDatasets(1), { overrides: OVERRIDES }));
const ADDRESSES = ["1.0.0.1", "1.11.2.3", "1.3.7.1", "2a00:4::1", "10.1.1.1", "9.9.9.9"];

async function get(ipAddress: string, masks: Masks = {}, geo = GEO) {
  const request = GetLocationRequest.fromPartial({ ipAddress, ...masks });
  const bytes = await geo.getLocation(request, NO_CALL);
  return fromBinary(GetLocationResponseSchema, bytes).location as Location;
}

async function batch(ipAddresses: string[], masks: Masks = {}) {
  const request = BatchGetLocationsRequest.fromPartial({ ipAddresses, ...masks });
  const bytes = await GEO.batchGetLocations(request, NO_CALL);
  return fromBinary(BatchGetLocationsResponseSchema, bytes).results.map(({ result }) => result);
}

/** The values of a location by path; a map counts as one. */
function valuesOf(location: Location): Map<string, unknown> {
  const json = toJson(LocationSchema, location, { useProtoFieldName: true });
  return new Map(
    Object.entries(json as object).flatMap(([key, value]): [string, unknown][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).map(([inner, each]) => [`${key}.${inner}`, each])
        : [[key, value]],
    ),
  );
}

const PATHS = LocationSchema.fields.flatMap((field) => [
  field.name,
  ...(field.message?.fields.map(({ name }) => `${field.name}.${name}`) ?? []),
]);
const OPT_IN = ["names", "country_facts"];
const isIn = (paths: readonly string[], name: string) =>
  paths.some((path) => name === path || name.startsWith(`${path}.`));

test("what is answered to any masks is what they leave of the whole answer, in a batch too", async () => {
  const paths = fc.uniqueArray(fc.constantFrom(...PATHS), { maxLength: 6 });
  const request = fc.record({
    included: fc.uniqueArray(fc.constantFrom("*", ...PATHS), { minLength: 1, maxLength: 6 }),
    ...{ excluded: paths, excludeFields: paths, ipAddress: fc.constantFrom(...ADDRESSES) },
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ included, excluded, excludeFields, ipAddress }) => {
      const without = [...excluded, ...excludeFields];
      const isSelected = (name: string) =>
        (isIn(included, name) || (included.includes("*") && !isIn(OPT_IN, name))) &&
        !isIn(without, name);
      fc.pre(PATHS.filter((path) => !isOfObject(path)).some(isSelected));
      const fields = [...included, ...excluded.map((path) => `-${path}`)];
      const whole = valuesOf(await get(ipAddress, { fields: ["*", ...OPT_IN] }));
      const expected = new Map([...whole].filter(([name]) => isSelected(name)));
      const found = await get(ipAddress, { fields, excludeFields });
      expect(valuesOf(found)).toEqual(expected);
      const [result] = await batch([ipAddress], { fields, excludeFields });
      expect(result).toMatchObject({ case: "location", value: found });
    }),
    { numRuns: 500 },
  );
});

function isOfObject(path: string): boolean {
  return PATHS.some((each) => each.startsWith(`${path}.`));
}

test("no masks, empty ones and `*` are answered as each other, without what must be named", async () => {
  for (const ipAddress of ADDRESSES) {
    const expected = await get(ipAddress);
    expect([expected.names, expected.countryFacts]).toEqual([undefined, undefined]);
    const masks = [
      { fields: [] },
      { fields: ["*"] },
      { excludeFields: ["names", "country_facts"] },
    ];
    for (const each of masks) expect(await get(ipAddress, each)).toEqual(expected);
  }
});

test("what is always known is in every whole answer, by masks or without", async () => {
  for (const ipAddress of ADDRESSES) {
    for (const masks of [{}, { fields: ["*"], excludeFields: ["city"] }]) {
      const location = await get(ipAddress, masks);
      expect(location.ipAddress).not.toBe(undefined);
      expect(location.network).toContain("/");
      expect(location.isOverridden).toBe(ipAddress === "1.3.7.1");
    }
  }
});

test("names are answered where they are named, whole or in part", async () => {
  const { names } = await get("1.0.0.1", { fields: ["names"] });
  expect(names?.city).toEqual({ en: 'City "0" of 1', ja: "市\u00010", fr: "Ville\\0" });
  expect(names?.country).toMatchObject({ de: "Vereinigtes Königreich", en: "United Kingdom" });
  const { names: some, ...rest } = await get("1.0.0.1", { fields: ["names.city", "network"] });
  expect([some?.city, some?.country]).toEqual([names?.city, {}]);
  expect(rest).toMatchObject({ network: "1.0.0.0/24" });
  expect([rest.ipAddress, rest.isOverridden]).toEqual([undefined, undefined]);
});

test("country facts are answered where they are named, whole or in part", async () => {
  const { countryFacts, ...rest } = await get("1.0.0.1", { fields: ["country_facts", "city"] });
  expect(countryFacts).toMatchObject({
    capital: "London",
    callingCodes: ["+44"],
    languages: ["en"],
  });
  expect(rest).toMatchObject({ city: 'City "0" of 1' });
  expect(rest.names).toBeUndefined();
  const { countryFacts: some } = await get("1.0.0.1", { fields: ["country_facts.languages"] });
  expect(some).toMatchObject({ callingCodes: [], languages: ["en"] });
  expect(some?.capital).toBeUndefined();
  const [nowhere] = await batch(["10.0.0.1"], { fields: ["country_facts", "network"] });
  expect(nowhere).toMatchObject({ case: "location", value: { network: "10.0.0.0/8" } });
});

test("an invalid address in a batch with masks has its own error", async () => {
  const results = await batch(["x", "1.0.0.1"], { fields: ["country_code"] });
  expect(results).toMatchObject([
    { case: "error", value: { ipAddress: "x", code: "invalid_argument" } },
    { case: "location", value: { countryCode: "GB" } },
  ]);
});

const BAD_MASKS = { fields: ["citty", "city"], excludeFields: ["timezone.nme"] };
const BAD_FIELDS = { field: "fields", description: 'names "citty", which is no key of a location' };
const BAD_EXCLUDED = {
  field: "exclude_fields",
  description: 'names "timezone.nme", which is no key of a location',
};

test("all mistakes of a request are told together, and none is counted as a lookup", async () => {
  const counted: number[] = [];
  const files = { "city.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.city }) };
  const geo = handlersOf(composerOf(files), (count) => counted.push(count));
  const problemsOf = async (call: () => unknown) => {
    const failed = new Promise((resolve) => resolve(call()));
    const error: unknown = await failed.catch((reason: unknown) => reason);
    return error;
  };
  const one = GetLocationRequest.fromPartial({ ipAddress: "x", language: "tlh", ...BAD_MASKS });
  expect(await problemsOf(() => geo.getLocation(one, NO_CALL))).toMatchObject({
    reason: "INVALID_ARGUMENT",
    fields: [{ field: "ip_address" }, { field: "language" }, BAD_FIELDS, BAD_EXCLUDED],
  });
  const many = BatchGetLocationsRequest.fromPartial({ ipAddresses: ["x"], ...BAD_MASKS });
  expect(await problemsOf(() => geo.batchGetLocations(many, NO_CALL))).toMatchObject({
    reason: "INVALID_ARGUMENT",
    fields: [BAD_FIELDS, BAD_EXCLUDED],
  });
  expect(counted).toEqual([]);
});
