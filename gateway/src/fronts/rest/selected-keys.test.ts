import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { describe, expect, test } from "vitest";
import type { AnswerOf } from "../../lookups/testing/fake-geo.ts";
import { TEST_KEY } from "../testing/fronts.ts";
import { startLocatedFronts } from "../testing/located-fronts.ts";

const PATH = "/v1/locations/192.0.2.1";
const RPC = "/geomesh.geo.v1.GeoService/GetLocation";

const located: AnswerOf = (ipAddress) => ({
  result: {
    case: "location",
    value: {
      ...{ ipAddress, city: "Bern", countryCode: "CH", names: { city: { fr: "Berne" } } },
      countryFacts: { callingCodes: ["+41"], languages: ["de", "fr", "it"] },
      timezone: { name: "Europe/Zurich", isDst: false },
      currency: { currencyCode: "CHF" },
    },
  },
});

const ZONE = { name: "Europe/Zurich" };
const WITHOUT = [
  "special_purpose",
  ...["city_geoname_id", "region", "region_iso_code", "region_geoname_id", "subregion"],
  ...["subregion_iso_code", "subregion_geoname_id", "postal_code", "metro_code", "country"],
  ...["country_geoname_id", "country_is_eu", "registered_country_code", "continent"],
  ...["continent_code", "continent_geoname_id", "latitude", "longitude", "accuracy_radius_km"],
  ...["flag", "connection", "security", "is_overridden", "network", "ip_address", "timezone"],
];

test.each<[why: string, query: string, json: unknown]>([
  ["one key", "fields=city", { city: "Bern" }],
  [
    "some, in the order of the contract",
    "fields=country_code,city",
    { city: "Bern", country_code: "CH" },
  ],
  ["a dotted path", "fields=timezone.name", { timezone: ZONE }],
  [
    "lowerCamelCase, as proto JSON has it",
    "fields=countryCode,timezone.isDst",
    {
      country_code: "CH",
      timezone: { is_dst: false },
    },
  ],
  [
    "what is not known is null",
    "fields=region,currency.currency_name",
    {
      region: null,
      currency: { currency_name: null },
    },
  ],
  [
    "a key that comes only when named",
    "fields=names.city,names.region",
    {
      names: { city: { fr: "Berne" }, region: {} },
    },
  ],
  [
    "country facts, with null and lists",
    "fields=country_facts",
    { country_facts: { capital: null, calling_codes: ["+41"], languages: ["de", "fr", "it"] } },
  ],
  [
    "a list of them",
    "fields=countryFacts.languages",
    { country_facts: { languages: ["de", "fr", "it"] } },
  ],
  [
    "all but some",
    `fields=-currency,${WITHOUT.map((name) => `-${name}`).join(",")}`,
    {
      city: "Bern",
      country_code: "CH",
    },
  ],
  [
    "the other mask",
    `fields=*&exclude_fields=currency,country_code,${WITHOUT.join(",")}`,
    {
      city: "Bern",
    },
  ],
  [
    "a part left out",
    "fields=currency,-currency.currency_name,-currency.currency_symbol",
    {
      currency: { currency_code: "CHF" },
    },
  ],
  ["duplicates", "fields=city,city,timezone.name,timezone.name", { city: "Bern", timezone: ZONE }],
  [
    "percent-encoded commas and dots",
    "fields=city%2Ctimezone%2Ename",
    { city: "Bern", timezone: ZONE },
  ],
])("a query selects %s", async (_why, query, json) => {
  const { send } = await startLocatedFronts(located);
  const { status, text } = await send(`${PATH}?${query}`);
  expect([status, text]).toEqual([200, `${JSON.stringify(json)}\n`]);
});

test("`*` and an empty mask are all keys but those that must be named", async () => {
  const { send } = await startLocatedFronts(located);
  const { text } = await send(PATH);
  expect(JSON.parse(text)).not.toHaveProperty("names");
  expect(JSON.parse(text)).not.toHaveProperty("country_facts");
  for (const query of ["fields=*", "fields=", "exclude_fields=", "fields=*,city"]) {
    expect([query, (await send(`${PATH}?${query}`)).text]).toEqual([query, text]);
  }
  const { text: more } = await send(`${PATH}?fields=*,names`);
  expect(JSON.parse(more)).toMatchObject({ ...JSON.parse(text), names: { city: { fr: "Berne" } } });
});

const many = (count: number) => Array.from({ length: count }, () => "city").join(",");

test.each<[why: string, query: string, fields: string[]]>([
  ["an unknown key", "fields=citty", ["fields"]],
  ["a path into a value", "fields=city.name", ["fields"]],
  ["an empty path", "fields=city,", ["fields"]],
  ["an unknown key left out", "exclude_fields=citty", ["exclude_fields"]],
  ["nothing left", "fields=city&exclude_fields=city", ["fields"]],
  ["101 paths", `fields=${many(101)}`, ["fields"]],
  ["101 paths in both", `fields=${many(51)}&exclude_fields=${many(50)}`, ["fields"]],
  ["the parameter twice", "fields=city&fields=country", ["fields"]],
  [
    "a mistake in each, and in the address",
    "fields=a&exclude_fields=b&language=xx",
    ["exclude_fields", "fields", "language"],
  ],
])("a query with %s is a 400 that names the field, and free", async (_why, query, fields) => {
  const { send, geo, usage } = await startLocatedFronts(located);
  const { status, text } = await send(`${PATH}?${query}`);
  expect(status, text).toBe(400);
  const named = JSON.parse(text).errors.map(({ field }: { field: string }) => field);
  expect(named.toSorted()).toEqual(fields);
  expect([geo.frames, usage]).toEqual([[], []]);
});

test("100 paths are not too many", async () => {
  const { send } = await startLocatedFronts(located);
  expect((await send(`${PATH}?fields=${many(100)}`)).text).toBe('{"city":"Bern"}\n');
});

test.each<[why: string, masks: object, entry: object]>([
  ["fields", { fields: "city,timezone.name" }, { city: "Bern", timezone: ZONE }],
  ["fields in lowerCamelCase", { fields: "countryCode" }, { country_code: "CH" }],
  ["both masks", { fields: "city,timezone.name", exclude_fields: "timezone" }, { city: "Bern" }],
])("a batch takes %s as the text of a FieldMask", async (_why, masks, entry) => {
  const { send } = await startLocatedFronts(located);
  const body = { ip_addresses: ["192.0.2.1", "192.0.2.2"], ...masks };
  const { status, text } = await send("/v1/locations:batchGet", { body });
  const results = [{ location: entry }, { location: entry }];
  expect([status, text]).toEqual([200, `${JSON.stringify({ results })}\n`]);
});

test.each<[why: string, masks: object]>([
  ["an unknown key", { fields: "citty" }],
  ["a list", { fields: ["city"] }],
  ["an object of paths", { fields: { paths: ["city"] } }],
  ["101 paths", { fields: many(101) }],
])("a batch with %s as its mask is a 400 that names it", async (_why, masks) => {
  const { send, usage } = await startLocatedFronts(located);
  const body = { ip_addresses: ["192.0.2.1"], ...masks };
  const { status, text } = await send("/v1/locations:batchGet", { body });
  expect([status, JSON.parse(text).errors[0].field]).toEqual([400, "fields"]);
  expect(usage).toEqual([]);
});

test.each<[why: string, fields: string]>([
  ["lowerCamelCase", "countryCode,timezone.name"],
  ["snake_case", "country_code,timezone.name"],
])("Connect JSON takes a mask in %s", async (_why, fields) => {
  const { send } = await startLocatedFronts(located);
  const { status, text } = await send(RPC, { body: { ip_address: "192.0.2.1", fields } });
  const location = { country_code: "CH", timezone: ZONE };
  expect([status, JSON.parse(text)]).toEqual([200, { location }]);
});

describe.each([
  ["Connect", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC", (baseUrl: string) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web", (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
] as const)("binary %s", (_name, transport) => {
  const headers = { "x-api-key": TEST_KEY };

  test("takes masks, and tells mistakes in them", async () => {
    const { url } = await startLocatedFronts(located);
    const client = createClient(GeoService, transport(url));
    const ask = (paths: string[]) =>
      client.getLocation({ ipAddress: "192.0.2.1", fields: { paths } }, { headers });
    const { location } = await ask(["country_code", "timezone.name"]);
    expect(location).toMatchObject({ countryCode: "CH", timezone: ZONE });
    const left = [location?.city, location?.currency, location?.timezone?.isDst];
    const always = [location?.ipAddress, location?.network, location?.isOverridden];
    expect([...left, ...always]).toEqual(new Array(6).fill(undefined));
    await expect(ask(["city,country_code"])).rejects.toThrow(/no key of a location/);
    const batch = await client.batchGetLocations(
      { ipAddresses: ["192.0.2.1"], excludeFields: { paths: ["city", "ip_address"] } },
      { headers },
    );
    const [first] = batch.results;
    expect(first?.result.value).toMatchObject({ countryCode: "CH" });
    expect(first?.result.value).not.toHaveProperty("ipAddress", "192.0.2.1");
    expect(first?.result.value).not.toHaveProperty("city", "Bern");
  });
});
