import { describe, expect, test } from "vitest";
import type { AnswerOf } from "../../lookups/testing/fake-geo.ts";
import { TEST_KEY } from "../testing/fronts.ts";
import { startLocatedFronts } from "../testing/located-fronts.ts";

const PATH = "/v1/locations/192.0.2.1";
const BATCH = "/v1/locations:batchGet";

/** The language that geo was asked for is the name of the city; `` is English. */
const located: AnswerOf = (ipAddress, language) =>
  ipAddress === "nonsense"
    ? { result: { case: "error", value: { ipAddress, code: "invalid_argument", message: "no" } } }
    : {
        result: {
          case: "location",
          value: {
            ...{ ipAddress, city: language, countryIsEu: false, latitude: -0.125 },
            ...{ timezone: { name: "Europe/Zurich" }, isOverridden: false },
          },
        },
      };

describe("one value", () => {
  test.each<[why: string, field: string, text: string]>([
    ["text", "ip_address", "192.0.2.1\n"],
    ["a truth value", "country_is_eu", "false\n"],
    ["a truth value that every answer has", "is_overridden", "false\n"],
    ["a number", "latitude", "-0.125\n"],
    ["inside an object", "timezone.name", "Europe/Zurich\n"],
    ["a percent-encoded dot", "timezone%2Ename", "Europe/Zurich\n"],
    ["unknown: an empty line", "region", "\n"],
    ["unknown inside an object that is not there", "currency.currency_code", "\n"],
  ])("is a line of text: %s", async (_why, field, text) => {
    const { send, usage } = await startLocatedFronts(located);
    const answer = await send(`${PATH}/${field}`);
    expect([answer.status, answer.text]).toEqual([200, text]);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("private");
    expect(answer.headers.get("etag")).toBeNull();
    expect(usage).toMatchObject([{ operation: "GetLocationField", status: 200, units: 1 }]);
    const head = await send(`${PATH}/${field}`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("content-length")).toBe(`${Buffer.byteLength(text)}`);
  });

  test.each<[why: string, field: string, detail: RegExp]>([
    ["unknown", "colour", /names "colour"/],
    ["an object is refused with the names in it", "timezone", /timezone\.name, timezone\.abb/],
    ["a map", "names.city", /must name one value/],
    ["several", "city,region", /no key of a location/],
    ["all", "*", /no key of a location/],
    ["in lowerCamelCase", "countryCode", /no key of a location/],
    ["a name of every object", "constructor", /no key of a location/],
  ])("of a name that is none is a 400: %s", async (_why, field, detail) => {
    const { send, usage } = await startLocatedFronts(located);
    const answer = await send(`${PATH}/${field}`);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).errors).toEqual([
      { field: "field", detail: expect.stringMatching(detail) },
    ]);
    expect(usage).toEqual([]);
  });

  test.each([
    "2001:db8:0:1::1",
    "2001%3Adb8%3A0%3A1%3A%3A1",
    "2001%3adb8:0:1:%3a1",
    "::ffff:192.0.2.1",
    "%3A%3A1",
  ])("of an IPv6 address in the path as %s", async (address) => {
    const { send, geo } = await startLocatedFronts(located);
    const answer = await send(`/v1/locations/${address}/timezone.name`);
    expect([answer.status, answer.text]).toEqual([200, "Europe/Zurich\n"]);
    expect(geo.frames[0]?.ipAddresses).toEqual([decodeURIComponent(address)]);
  });

  test("tells both mistakes, that of the address and that of the name", async () => {
    const { send } = await startLocatedFronts(located);
    const { text } = await send("/v1/locations/1.2.3/colour");
    const fields = JSON.parse(text).errors.map(({ field }: { field: string }) => field);
    expect(fields.toSorted()).toEqual(["field", "ip_address"]);
  });
});

describe("CSV of a batch", () => {
  const headers = { accept: "text/csv" };
  const csv =
    "ip_address,city,error.code,error.message\r\n192.0.2.1,,,\r\nnonsense,,invalid_argument,no\r\n";

  test("has a line for each address, and costs what JSON costs", async () => {
    const { send, usage } = await startLocatedFronts(located);
    const body = { ip_addresses: ["192.0.2.1", "nonsense"], fields: "ip_address,city" };
    const answer = await send(BATCH, { body, headers });
    expect([answer.status, answer.text]).toEqual([200, csv]);
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(answer.headers.get("vary")).toBe("Accept, Accept-Encoding, Accept-Language");
    const json = await send(BATCH, { body });
    expect(json.headers.get("content-type")).toBe("application/json");
    expect(json.headers.get("vary")).toBe("Accept, Accept-Encoding, Accept-Language");
    expect(usage.map(({ units }) => units)).toEqual([1, 1]);
  });

  test.each(["br", "gzip"])("comes compressed by %s", async (coding) => {
    const { send, url } = await startLocatedFronts(located);
    const ipAddresses = Array.from({ length: 200 }, (_, at) => `192.0.2.${at}`);
    const body = { ip_addresses: ipAddresses };
    const { text } = await send(BATCH, { body, headers });
    const response = await fetch(url + BATCH, {
      method: "POST",
      headers: {
        ...{ "x-api-key": TEST_KEY, "content-type": "application/json" },
        ...{ accept: "text/csv", "accept-encoding": coding },
      },
      body: JSON.stringify(body),
    });
    expect(response.headers.get("content-encoding")).toBe(coding);
    expect(await response.text()).toBe(text);
    expect(text.split("\r\n")).toHaveLength(202);
  });

  test("is not for other calls, nor for errors", async () => {
    const { send } = await startLocatedFronts(located);
    expect((await send(PATH, { headers })).headers.get("content-type")).toBe("application/json");
    const error = await send(BATCH, { body: { ip_addresses: [] }, headers });
    expect(error.headers.get("content-type")).toBe("application/problem+json");
  });
});

describe("the language of names", () => {
  const ask: Record<string, [path: string, body: object | undefined]> = {
    "one address": [PATH, undefined],
    "a batch": [BATCH, { ip_addresses: ["192.0.2.1"] }],
    "a value": [`${PATH}/city`, undefined],
  };

  test.each<[accepted: string, asked: string, told: string]>([
    ["de", "de", "de"],
    ["de-AT, fr;q=0.5", "de", "de"],
    ["pt", "pt-BR", "pt-BR"],
    ["en", "", "en"],
    ["tlh", "", "en"],
    ["", "", "en"],
  ])(
    "is that of Accept-Language %j, and is told: geo is asked for %j",
    async (accepted, asked, told) => {
      const { send, geo } = await startLocatedFronts(located);
      for (const [what, [path, body]] of Object.entries(ask)) {
        const headers = { "accept-language": accepted };
        const answer = await send(path, { headers, ...(body && { body }) });
        const seen = [answer.headers.get("content-language"), geo.frames.at(-1)?.language];
        expect([what, ...seen]).toEqual([what, told, asked]);
        expect(answer.headers.get("vary")).toMatch(/Accept-Language$/);
      }
    },
  );

  test("that a request names counts before the header, and must be one of the contract", async () => {
    const { send } = await startLocatedFronts(located);
    const headers = { "accept-language": "de" };
    const french = await send(`${PATH}?language=fr`, { headers });
    expect(french.headers.get("content-language")).toBe("fr");
    for (const language of ["xx", "DE", "de-AT"]) {
      const answer = await send(`${PATH}?language=${language}`, { headers });
      expect([answer.status, JSON.parse(answer.text).errors[0].field]).toEqual([400, "language"]);
      const body = { ip_addresses: ["192.0.2.1"], language };
      expect((await send(BATCH, { body })).status).toBe(400);
    }
  });

  test("of a stream is that of Accept-Language as well", async () => {
    const { url, geo } = await startLocatedFronts(located);
    const response = await fetch(`${url}/v1/locations:stream`, {
      method: "POST",
      headers: {
        ...{ "x-api-key": TEST_KEY, "content-type": "application/x-ndjson" },
        "accept-language": "ja;q=0.5, fr",
      },
      body: "192.0.2.1\n",
    });
    expect([response.status, response.headers.get("content-language")]).toEqual([200, "fr"]);
    expect(JSON.parse(await response.text())).toMatchObject({ location: { city: "fr" } });
    expect(geo.frames[0]?.language).toBe("fr");
  });
});
