import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { GetQuotaResponseSchema } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge, type Sent } from "../../http/testing/clients.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { type Answer, startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { special, UNKNOWN, WHOLE } from "./testing/locations.ts";

let answer: Answer;
let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts((invocation) => answer(invocation));
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  answer = () => create(GetLocationResponseSchema, { location: WHOLE });
});

const KEY = { "x-api-key": TEST_KEY };
const send = (sent: Sent) => http1(fronts.port, { headers: KEY, ...sent });
const get = (path: string, headers: Record<string, string> = KEY) => send({ path, headers });
const post = (path: string, body: string) => send({ method: "POST", path, body });
const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString("base64")}`,
});

type Result = MessageInitShape<typeof LocationResultSchema>;
const found: Result = { result: { case: "location", value: WHOLE } };
const wrong: Result = { result: { case: "error", value: { code: "invalid_argument" } } };
const answerBatch = (results: Result[]) => {
  answer = () => create(BatchGetLocationsResponseSchema, { results });
};
const badAddress = invalidArgument([{ field: "ip_address", description: "is none" }]);

describe("every façade", () => {
  test.each([
    ["/v1?ip_address=81.2.69.142", "81.2.69.142", "Abstract"],
    ["/v1/?ip_address=81.2.69.142", "81.2.69.142", "a slash at the end"],
    ["/v1/?ip_address=2001:db8::1", "2001:db8::1", "IPv6"],
    ["/v1/?ip_address=%32001%3Adb8::1", "2001:db8::1", "percent-encoded"],
    ["/v1", "me", "the caller"],
    ["/v1/?ip_address=", "me", "the caller, by an empty value"],
    ["/v1?nonsense=%zz&&=&ip_address=1.1.1.1", "1.1.1.1", "unknown and malformed parameters"],
    ["/geoip/v2.1/country/81.2.69.142", "81.2.69.142", "MaxMind's first product"],
    ["/geoip/v2.1/city/2001:db8::1", "2001:db8::1", "its second, IPv6"],
    ["/geoip/v2.1/insights/me", "me", "its third, the caller"],
    ["/geoip/v2.1/city/nobody", "-", "a name is no address"],
    ["/compat/ipinfo", "me", "ipinfo: the caller"],
    ["/compat/ipinfo/", "me", "the caller"],
    ["/compat/ipinfo/json", "me", "the caller"],
    ["/compat/ipinfo/city", "me", "a field of the caller"],
    ["/compat/ipinfo/81.2.69.142", "81.2.69.142", "an address"],
    ["/compat/ipinfo/2001:db8::1/json?x=y", "2001:db8::1", "an address, as its clients ask"],
    ["/compat/ipinfo/81.2.69.142/country", "81.2.69.142", "a field"],
    ["/compat/ipinfo/me/json", "-", "a name of our own is none of ipinfo's"],
    ["/compat/ip-api/json", "me", "ip-api: the caller"],
    ["/compat/ip-api/json/", "me", "the caller"],
    ["/compat/ip-api/json/81.2.69.142", "81.2.69.142", "an address"],
    ["/compat/ip-api/json/example.com", "example.com", "a host name, which no lookup takes"],
    [`/compat/ip-api/json/${":".repeat(65)}`, "-", "longer than any address"],
  ])("asks for one location at %s: %s, %s", async (path, ipAddress) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ ratelimit: '"key";r=9;t=1', "cache-control": "private" });
    expect(headers).toHaveProperty("x-request-id");
    expect(fronts.invocations).toMatchObject([
      { operation: "GetLocation", request: { ipAddress }, principal: { key: { keyId: "key_1" } } },
    ]);
  });

  const WHERE = ["/v1", "/geoip/v2.1/city/me", "/compat/ipinfo/json", "/compat/ip-api/json"];
  const OWN = [
    ["/v1?api_key=", {}],
    ["/geoip/v2.1/city/me?api_key=", {}],
    ["/compat/ipinfo/json?token=", {}],
    ["/compat/ip-api/json?key=", {}],
  ] as const;

  test.each<[string, Record<string, string>, string]>(
    WHERE.flatMap((path): [string, Record<string, string>, string][] => [
      [path, KEY, "X-API-Key"],
      [path, { authorization: `Bearer ${TEST_KEY}` }, "Bearer"],
      [`${path}?api_key=${TEST_KEY}`, {}, "api_key"],
    ]),
  )("takes the key at %s from the usual places: %s, %s", async (path, headers) => {
    expect((await get(path, headers)).status).toBe(200);
  });

  test.each(OWN)("takes the key at %s from a parameter of its own", async (path, headers) => {
    expect((await get(path + TEST_KEY, headers)).status).toBe(200);
  });

  test.each(OWN)("refuses at %s two keys that differ", async (path) => {
    expect((await get(`${path}other`)).status).toBe(400);
    expect(fronts.invocations).toEqual([]);
  });

  test.each([
    ["/geoip/v2.1/city/me", `42:${TEST_KEY}`, 200, "MaxMind: account and licence key"],
    ["/geoip/v2.1/city/me", `x:${TEST_KEY}`, 401, "an account that is no number"],
    ["/geoip/v2.1/city/me", "42:", 401, "no licence key"],
    ["/compat/ipinfo/json", `${TEST_KEY}:`, 200, "ipinfo: the token as the user"],
    ["/compat/ipinfo/json", `x:${TEST_KEY}`, 403, "not as the password"],
    ["/compat/ip-api/json", `${TEST_KEY}:`, 403, "ip-api takes no Basic"],
    ["/v1", `${TEST_KEY}:`, 401, "nor does Abstract"],
  ])("answers Basic at %s with %s by %i: %s", async (path, credential, status) => {
    expect((await get(path, basic(credential))).status).toBe(status);
  });

  test.each<[string, number, object, number, object]>([
    ["/v1", 401, { error: { code: "validation_error" } }, 401, { error: { code: "unauthorized" } }],
    [
      "/geoip/v2.1/city/me",
      401,
      { code: "LICENSE_KEY_REQUIRED" },
      401,
      { code: "AUTHORIZATION_INVALID" },
    ],
    [
      "/compat/ipinfo/json",
      401,
      { error: { title: "Token required" } },
      403,
      { error: { title: "Unknown token" } },
    ],
    ["/compat/ip-api/json", 401, { status: "fail" }, 403, { status: "fail" }],
  ])("tells at %s of a missing and of a wrong key in its own form", async (path, ...wanted) => {
    const [withoutStatus, withoutBody, wrongStatus, wrongBody] = wanted;
    const without = await get(path, {});
    expect(without.status).toBe(withoutStatus);
    expect(JSON.parse(without.body)).toMatchObject(withoutBody);
    const wrongKey = await get(path, { "x-api-key": "other" });
    expect(wrongKey.status).toBe(wrongStatus);
    expect(JSON.parse(wrongKey.body)).toMatchObject(wrongBody);
    expect(fronts.invocations).toEqual([]);
  });

  test.each(WHERE)("answers HEAD at %s as GET, which is the same lookup", async (path) => {
    const { status, body, headers } = await send({ method: "HEAD", path });
    expect({ status, body }).toEqual({ status: 200, body: "" });
    expect(headers["content-type"]).toBe((await get(path)).headers["content-type"]);
    expect(fronts.invocations).toHaveLength(2);
  });

  test.each([
    ...WHERE.map((path) => [path, "GET, HEAD, OPTIONS"] as const),
    ["/compat/ip-api/batch", "POST, OPTIONS"] as const,
    ["/compat/ipinfo/batch", "POST, GET, HEAD, OPTIONS"] as const,
  ])("lists the methods of %s without a key: %s", async (path, allow) => {
    const options = await send({ method: "OPTIONS", path, headers: {} });
    expect(options).toMatchObject({ status: 204, headers: { allow } });
    const put = await send({ method: "PUT", path });
    expect(put).toMatchObject({ status: 405, headers: { allow } });
  });

  test.each([
    ["/geoip/v2.1/asn/81.2.69.142", "a product that is none"],
    ["/geoip/v2.1/city/81.2.69.142/more", "more than an address"],
    ["/compat", "no façade"],
    ["/compat/other/json", "a façade that is none"],
    ["/compat/ip-api", "its root, where it has nothing"],
    ["/v1//", "two slashes"],
  ])("leaves %s to others: %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test("works over HTTP/2, and compresses what is long", async () => {
    const headers = { ...KEY, "accept-encoding": "gzip" };
    const path = "/v1";
    const received = await http2PriorKnowledge(fronts.port, { path, headers });
    expect(received.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
  });

  test("counts its requests by the operation that it asks", async () => {
    await get("/compat/ipinfo/1.1.1.1");
    expect(await fronts.metrics()).toMatch(/operation="GetLocation"/);
  });
});

test.each(["/v1", "/geoip/v2.1/city/me", "/compat/ipinfo/json", "/compat/ip-api/json"])(
  "at %s names are English whatever languages a client accepts, and answers are always whole",
  async (path) => {
    const headers = { ...KEY, "accept-language": "de", "if-none-match": "*" };
    const { status, headers: answered } = await get(path, headers);
    expect(status).toBe(200);
    expect(answered).not.toHaveProperty("etag");
    expect(fronts.invocations).toMatchObject([{ request: { language: "en" } }]);
  },
);

describe("Abstract", () => {
  test("answers a location with Abstract's keys, and its own at the top", async () => {
    const { headers, body } = await get("/v1?ip_address=81.2.69.142");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(body)).toMatchObject({
      ...{ city: "London", network: "81.2.69.128/25", security: { is_vpn: false } },
    });
  });

  test("answers some keys where they are named", async () => {
    const { body } = await get("/v1?fields=city,%20country_code,");
    expect(JSON.parse(body)).toEqual({ city: "London", country_code: "GB" });
  });

  test.each([
    [special("10.0.0.1", "Private-Use"), "special-purpose"],
    [UNKNOWN, "in no dataset"],
  ])("answers %j by 204: %s", async (location) => {
    answer = () => create(GetLocationResponseSchema, { location });
    expect(await get("/v1?ip_address=10.0.0.1")).toMatchObject({ status: 204, body: "" });
  });

  test.each([
    ["lang=de", "de", "one of the eight"],
    ["lang=xx", "en", "any other is ignored"],
    ["language=de", "en", "a name of our own that Abstract does not know"],
  ])("reads %s as %s: %s", async (query, language) => {
    await get(`/v1?${query}`);
    expect(fronts.invocations).toMatchObject([{ request: { language } }]);
  });

  test("refuses an unknown key of the location before it asks", async () => {
    const { status, body } = await get("/v1?fields=city,timezone.name");
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toMatchObject({
      code: "validation_error",
      details: { fields: ['a location has no key "timezone.name"'] },
    });
    expect(fronts.invocations).toEqual([]);
  });

  test("tells of a bad address in both forms", async () => {
    answer = () => Promise.reject(badAddress);
    const { status, body } = await get("/v1?ip_address=nonsense");
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      error: { code: "validation_error", details: { ip_address: ["is none"] } },
      errors: [{ field: "ip_address", detail: "is none" }],
    });
  });
});

describe("MaxMind", () => {
  test.each(["country", "city", "insights"])("answers %s by a type of its own", async (product) => {
    const { headers, body } = await get(`/geoip/v2.1/${product}/81.2.69.142`);
    expect(headers["content-type"]).toBe(
      `application/vnd.maxmind.com-${product}+json; charset=UTF-8; version=2.1`,
    );
    expect(JSON.parse(body).country.names).toMatchObject({ de: "Vereinigtes Königreich" });
    expect(fronts.invocations).toMatchObject([{ request: { fields: { paths: ["*", "names"] } } }]);
  });

  test.each([
    ["10.0.0.1", special("10.0.0.1", "Private-Use"), 400, "IP_ADDRESS_RESERVED"],
    ["8.8.4.4", UNKNOWN, 404, "IP_ADDRESS_NOT_FOUND"],
  ])("tells that %s has no location: %j, %i %s", async (address, location, status, code) => {
    answer = () => create(GetLocationResponseSchema, { location });
    const received = await get(`/geoip/v2.1/city/${address}`);
    expect(received.status).toBe(status);
    expect(JSON.parse(received.body)).toMatchObject({ code });
  });

  test.each([
    ["/geoip/v2.1/city", "IP_ADDRESS_REQUIRED"],
    ["/geoip/v2.1/city/", "IP_ADDRESS_REQUIRED"],
  ])("tells at %s that it needs an address, and asks nothing", async (path, code) => {
    const { status, body } = await get(path);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code });
    expect(fronts.invocations).toEqual([]);
  });
});

describe("ipinfo", () => {
  test("answers a location, and one field as text", async () => {
    const { headers, body } = await get("/compat/ipinfo/81.2.69.142");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(body)).toMatchObject({ country: "GB", loc: "51.5967,-0.1500" });
    const text = await get("/compat/ipinfo/81.2.69.142/city");
    expect(text).toMatchObject({ body: "London\n" });
    expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect((await get("/compat/ipinfo/81.2.69.142/hostname")).body).toBe("\n");
  });

  test.each(["/compat/ipinfo/me", "/compat/ipinfo/me/"])(
    "tells at %s what is left",
    async (path) => {
      const quota = { limit: 1_000_000n, used: 999n, remaining: 999_001n };
      answer = () => create(GetQuotaResponseSchema, { quota });
      const { status, body } = await get(path, { authorization: `Bearer ${TEST_KEY}` });
      const requests = { month: 999, limit: 1_000_000, remaining: 999_001 };
      expect([status, JSON.parse(body)]).toEqual([200, { requests }]);
      expect(fronts.invocations).toMatchObject([
        { operation: "GetQuota", request: { accountId: "-" } },
      ]);
      expect((await get(path, { authorization: "Bearer other" })).status).toBe(403);
    },
  );

  test("refuses a field that is none before it asks", async () => {
    expect((await get("/compat/ipinfo/81.2.69.142/nonsense")).status).toBe(404);
    expect(fronts.invocations).toEqual([]);
  });

  const BATCH = ["81.2.69.142", "81.2.69.142/city", "81.2.69.142/hostname", "x", "1.1.1.1/x"];
  const notFound = { status: 404, error: expect.anything() };

  test.each([
    [JSON.stringify(BATCH), "a JSON array"],
    [` ${BATCH.join("\r\n")}\n`, "one a line"],
    [JSON.stringify([...BATCH, ...BATCH]), "each twice"],
  ])("answers a batch by an object of its entries: %s, %s", async (body) => {
    answerBatch([found, wrong]);
    const received = await post("/compat/ipinfo/batch", body);
    expect(received.status).toBe(200);
    expect(JSON.parse(received.body)).toEqual({
      "81.2.69.142": expect.objectContaining({ city: "London" }),
      "81.2.69.142/city": "London",
      "81.2.69.142/hostname": "",
      ...{ x: notFound, "1.1.1.1/x": notFound },
    });
    expect(fronts.invocations).toMatchObject([
      { operation: "BatchGetLocations", request: { ipAddresses: ["81.2.69.142", "-"] } },
    ]);
  });

  test("leaves out what has no answer where the client asks for that", async () => {
    answerBatch([found, wrong]);
    const { body } = await post("/compat/ipinfo/batch?filter=1", JSON.stringify(BATCH));
    expect(Object.keys(JSON.parse(body))).toEqual(["81.2.69.142", "81.2.69.142/city"]);
  });

  const many = (count: number) =>
    JSON.stringify(Array.from({ length: count }, (_, at) => `1.1.${at >> 8}.${at & 255}`));

  test.each([
    [many(1_001), "too many"],
    ['{"a":1}', "an object"],
    ["[1]", "a number"],
    ["[", "no JSON"],
  ])("refuses a batch: %s, %s", async (body) => {
    expect((await post("/compat/ipinfo/batch", body)).status).toBe(400);
    expect(fronts.invocations).toEqual([]);
  });

  test("takes a batch of a thousand", async () => {
    answerBatch(Array.from({ length: 1_000 }, () => found));
    const { body } = await post("/compat/ipinfo/batch", many(1_000));
    expect(Object.keys(JSON.parse(body))).toHaveLength(1_000);
  });
});

describe("ip-api", () => {
  test("answers a location with where its client stands", async () => {
    const { headers, body } = await get("/compat/ip-api/json/81.2.69.142?lang=ja");
    expect(headers).toMatchObject({ "x-rl": "9", "x-ttl": "1" });
    expect(JSON.parse(body)).toMatchObject({ status: "success", countryCode: "GB" });
    expect(fronts.invocations).toMatchObject([{ request: { language: "ja" } }]);
  });

  test("answers some keys, by names or by a number", async () => {
    const wanted = { country: "United Kingdom", query: "81.2.69.142" };
    for (const fields of ["query,country", "8193"]) {
      const { body } = await get(`/compat/ip-api/json/81.2.69.142?fields=${fields}`);
      expect(JSON.parse(body)).toEqual(wanted);
    }
  });

  test("answers what is no address by 200 and a failure", async () => {
    answer = () => Promise.reject(badAddress);
    const { status, body } = await get("/compat/ip-api/json/example.com");
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      ...{ status: "fail", message: "invalid query", query: "example.com" },
    });
    answer = () => Promise.reject(new AppError("RATE_LIMITED"));
    expect((await get("/compat/ip-api/json/1.1.1.1")).status).toBe(429);
  });

  test("answers a batch in its order, each entry by its own fields and language", async () => {
    answerBatch([found, found, wrong]);
    const entries = [
      "81.2.69.142",
      { query: "81.2.69.142", fields: "country", lang: "de" },
      { query: "example.com", fields: 40960 },
    ];
    const received = await post("/compat/ip-api/batch?fields=country", JSON.stringify(entries));
    expect(received).toMatchObject({ status: 200, headers: { "x-rl": "9", "x-ttl": "1" } });
    expect(JSON.parse(received.body)).toEqual([
      { country: "United Kingdom" },
      { country: "Vereinigtes Königreich" },
      { message: "invalid query", query: "example.com" },
    ]);
    expect(fronts.invocations).toMatchObject([
      {
        operation: "BatchGetLocations",
        request: {
          ipAddresses: ["81.2.69.142", "81.2.69.142", "example.com"],
          fields: { paths: ["*", "names"] },
        },
      },
    ]);
  });

  test("asks for names in one language where a batch wants one", async () => {
    answerBatch([found]);
    await post("/compat/ip-api/batch?lang=de", '[{"query":"81.2.69.142","lang":"de"}]');
    const [invocation] = fronts.invocations;
    expect(invocation).toMatchObject({ request: { language: "de" } });
    expect(invocation?.request).not.toHaveProperty("fields");
  });

  test.each([
    [JSON.stringify(Array.from({ length: 101 }, () => "1.1.1.1")), 422, "too many"],
    ["{}", 400, "an object"],
    ["[1]", 400, "a number"],
    ['[{"lang":"de"}]', 400, "an object without an address"],
    ["[", 400, "no JSON"],
  ])("refuses a batch: %s, %i, %s", async (body, status) => {
    const received = await post("/compat/ip-api/batch", body);
    expect(received.status).toBe(status);
    expect(JSON.parse(received.body)).toMatchObject({ status: "fail" });
    expect(fronts.invocations).toEqual([]);
  });
});

test("where the operator allows it, every façade answers without a key", async () => {
  const open = await startTestFronts(() => create(GetLocationResponseSchema, { location: WHOLE }), {
    anonymousUse: {
      principalAt: () => principalForTest({ accountId: "anonymous" }),
      isOpen: () => true,
    },
  });
  onTestFinished(() => open.close());
  for (const path of ["/v1", "/geoip/v2.1/city/me", "/compat/ipinfo", "/compat/ip-api/json"]) {
    expect((await http1(open.port, { path })).status, path).toBe(200);
    const wrong = await http1(open.port, { path, headers: { "x-api-key": "other" } });
    expect([401, 403], path).toContain(wrong.status);
  }
  const accounts = open.invocations.map(({ principal }) => principal.account.accountId);
  expect(accounts).toEqual(Array.from({ length: 4 }, () => "anonymous"));
});

test("a body in a coding is refused", async () => {
  const headers = { ...KEY, "content-encoding": "gzip" };
  const path = "/compat/ipinfo/batch";
  const { status } = await send({ method: "POST", path, headers, body: "[]" });
  expect(status).toBe(415);
});

test("whoever may not ask is refused before the body is read", async () => {
  const refuseEarly = () => {
    throw new AppError("SCOPE_MISSING");
  };
  const closed = await startTestFronts(undefined, { policy: { refuseEarly } });
  onTestFinished(() => closed.close());
  const path = "/compat/ip-api/batch";
  const { status } = await http1(closed.port, { method: "POST", path, headers: KEY, body: "[" });
  expect(status).toBe(403);
});
