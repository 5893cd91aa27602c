import tls from "node:tls";
import { create } from "@bufbuild/protobuf";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { WebServiceClient, WebServiceError } from "@maxmind/geoip2-node";
import { ApiLimitError, IPinfoWrapper } from "node-ipinfo";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestCertificate } from "../../http/testing/test-certificate.ts";
import { type Answer, startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { special, UNKNOWN, WHOLE } from "./testing/locations.ts";

const ADDRESS = "81.2.69.142";

let answer: Answer;
let fronts: TestFronts;
let host: string;
const certificate = createTestCertificate();
/** This process trusts the gateway as well until all is done, as its clients take no authority of their own. */
const trusted = tls.getCACertificates("default");
beforeAll(async () => {
  fronts = await startTestFronts((invocation) => answer(invocation), { certificate });
  host = `localhost:${fronts.httpsPort}`;
  tls.setDefaultCACertificates([...trusted, certificate.ca]);
});
afterAll(async () => {
  tls.setDefaultCACertificates(trusted);
  await fronts.close();
});
beforeEach(() => {
  answer = () => create(GetLocationResponseSchema, { location: WHOLE });
});

describe("MaxMind's own client for Node", () => {
  const client = (licenseKey = TEST_KEY) => new WebServiceClient("42", licenseKey, { host });

  test("reads what it asks for, over TLS, with nothing changed but its host", async () => {
    const { city, country, location, postal, subdivisions, traits } = await client().city(ADDRESS);
    expect(city?.names).toMatchObject({ en: "London", ja: "ロンドン" });
    expect(country).toMatchObject({ isoCode: "GB", geonameId: 2635167 });
    expect(location).toMatchObject({
      ...{ latitude: 51.5967, longitude: -0.15, accuracyRadius: 20, timeZone: "Europe/London" },
    });
    expect(postal?.code).toBe("N2");
    expect(subdivisions?.map(({ isoCode }) => isoCode)).toEqual(["ENG", "GLA"]);
    expect(traits).toMatchObject({
      ...{ ipAddress: ADDRESS, network: "81.2.69.128/25", isp: "Andrews & Arnold" },
      ...{ autonomousSystemNumber: 20712, autonomousSystemOrganization: "Andrews & Arnold Ltd" },
    });
  });

  test("reads the smallest and the largest answer", async () => {
    const { country, traits } = await client().country(ADDRESS);
    expect(country?.isoCode).toBe("GB");
    expect(traits.isp).toBeUndefined();
    const insights = await client().insights("2001:218::1");
    expect(insights.traits).toMatchObject({ isHostingProvider: true, isAnonymous: true });
  });

  test.each([
    [special("10.0.0.1", "Private-Use"), "10.0.0.1", "IP_ADDRESS_RESERVED", 400],
    [UNKNOWN, "8.8.4.4", "IP_ADDRESS_NOT_FOUND", 404],
  ])("tells that %j has no location: %s, %s %i", async (location, address, code, status) => {
    answer = () => create(GetLocationResponseSchema, { location });
    await expect(client().city(address)).rejects.toMatchObject({ code, status });
  });

  test.each([
    ["KEY_INVALID", "AUTHORIZATION_INVALID", 401],
    ["QUOTA_EXCEEDED", "INSUFFICIENT_FUNDS", 402],
    ["SCOPE_MISSING", "PERMISSION_REQUIRED", 403],
    ["UNAVAILABLE", "SERVER_ERROR", 503],
  ] as const)("tells of %s as %s %i", async (reason, code, status) => {
    answer = () => Promise.reject(new AppError(reason));
    await expect(client().city(ADDRESS)).rejects.toMatchObject({ code, status });
  });

  test("tells of a key that nobody has", async () => {
    const error = await client("other")
      .city(ADDRESS)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebServiceError);
    expect(error).toMatchObject({ code: "AUTHORIZATION_INVALID" });
  });
});

describe("ipinfo's own client for Node", () => {
  const client = (token = TEST_KEY) =>
    new IPinfoWrapper(token, undefined, undefined, undefined, `https://${host}/compat/ipinfo`);

  test("reads what it asks for, over TLS, with nothing changed but its base URL", async () => {
    expect(await client().lookupIp(ADDRESS)).toMatchObject({
      ...{ ip: ADDRESS, city: "London", countryCode: "GB", country: "United Kingdom" },
      ...{ loc: "51.5967,-0.1500", org: "AS20712 Andrews & Arnold Ltd", isEU: false },
    });
  });

  test("reads a batch", async () => {
    answer = () =>
      create(BatchGetLocationsResponseSchema, {
        results: [
          { result: { case: "location", value: WHOLE } },
          { result: { case: "location", value: special("10.0.0.1", "Private-Use") } },
        ],
      });
    expect(await client().getBatch([ADDRESS, "10.0.0.1", `${ADDRESS}/city`])).toMatchObject({
      [ADDRESS]: { countryCode: "GB", city: "London" },
      "10.0.0.1": { bogon: true },
      [`${ADDRESS}/city`]: "London",
    });
  });

  test("tells of a wrong token, and of a limit by an error of its own", async () => {
    await expect(client("other").lookupIp(ADDRESS)).rejects.toThrow("403");
    answer = () => Promise.reject(new AppError("QUOTA_EXCEEDED"));
    await expect(client().lookupIp(ADDRESS)).rejects.toBeInstanceOf(ApiLimitError);
  });
});

describe("a strict client of Abstract", () => {
  /** The keys that Abstract documents, which objects are built from: one more or less is an error. */
  const OBJECTS = {
    security: ["is_vpn"],
    timezone: ["name", "abbreviation", "gmt_offset", "current_time", "is_dst"],
    flag: ["emoji", "unicode", "png", "svg"],
    currency: ["currency_name", "currency_code"],
    connection: [
      ...["autonomous_system_number", "autonomous_system_organization", "connection_type"],
      ...["isp_name", "organization_name"],
    ],
  } as const;
  const VALUES = [
    ...["ip_address", "city", "city_geoname_id", "region", "region_iso_code", "region_geoname_id"],
    ...["postal_code", "country", "country_code", "country_geoname_id", "country_is_eu"],
    ...["continent", "continent_code", "continent_geoname_id", "longitude", "latitude"],
  ];

  async function lookUp(query: Record<string, string>, path = "/v1/") {
    const response = await fetch(`https://${host}${path}?${new URLSearchParams(query)}`);
    if (response.status === 204) return undefined;
    const body = (await response.json()) as Record<string, Record<string, unknown>>;
    if (!response.ok) throw Object.assign(new Error("refused"), body["error"]);
    for (const key of VALUES) expect(body).toHaveProperty(key);
    for (const [name, keys] of Object.entries(OBJECTS)) {
      expect(Object.keys(body[name] ?? {}).toSorted()).toEqual([...keys].toSorted());
    }
    return body;
  }

  test.each(["/v1/", "/v1"])("builds its objects from the answer at %s", async (path) => {
    const location = await lookUp({ api_key: TEST_KEY, ip_address: ADDRESS }, path);
    expect(location).toMatchObject({ city: "London", timezone: { gmt_offset: 1 } });
  });

  test("tells an address without a location, and errors, apart", async () => {
    answer = () => create(GetLocationResponseSchema, { location: UNKNOWN });
    expect(await lookUp({ api_key: TEST_KEY, ip_address: "8.8.4.4" })).toBeUndefined();
    await expect(lookUp({ api_key: "other" })).rejects.toMatchObject({
      ...{ code: "unauthorized", details: null },
    });
    await expect(lookUp({})).rejects.toMatchObject({ details: { api_key: expect.anything() } });
  });
});

test("ip-api is asked as its examples do by curl: JSON that is sent as a form", async () => {
  answer = () =>
    create(BatchGetLocationsResponseSchema, {
      results: [{ result: { case: "location", value: WHOLE } }],
    });
  const response = await fetch(`https://${host}/compat/ip-api/batch?key=${TEST_KEY}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: JSON.stringify([ADDRESS]),
  });
  expect(await response.json()).toMatchObject([{ status: "success", query: ADDRESS }]);
});
