import http from "node:http";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { expect, test } from "vitest";
import type { AnswerOf } from "../../lookups/testing/fake-geo.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { startLocatedFronts } from "../testing/located-fronts.ts";

const PATH = "/v1/locations/192.0.2.1";
const CITIES: Readonly<Record<string, string>> = { "": "Geneva", de: "Genf" };

/** The city is in the language asked for, and the clock goes on with each answer. */
function bern(): AnswerOf {
  let second = 0;
  return (ipAddress, language) => {
    second += 1;
    const timezone = { name: "Europe/Zurich", currentTime: `${second}` };
    const city = CITIES[language] ?? "Genève";
    return { result: { case: "location", value: { ipAddress, city, timezone } } };
  };
}

async function etagAt(send: Awaited<ReturnType<typeof startLocatedFronts>>["send"], path: string) {
  const { status, headers } = await send(path);
  expect(status).toBe(200);
  return headers.get("etag") ?? "";
}

test("whoever has the answer is told so by 304: without a body, free of charge, and recorded", async () => {
  const { send, usage } = await startLocatedFronts(bern());
  const first = await send(PATH);
  const etag = first.headers.get("etag") ?? "";
  expect(etag).toMatch(/^W\/"[\w-]{16}"$/);
  const again = await send(PATH, { headers: { "if-none-match": etag } });
  expect([again.status, again.text]).toEqual([304, ""]);
  for (const name of ["etag", "cache-control", "vary", "content-language"]) {
    expect([name, again.headers.get(name)]).toEqual([name, first.headers.get(name)]);
  }
  expect(again.headers.get("content-length")).toBeNull();
  expect(again.headers.get("content-type")).toBeNull();
  expect(again.headers.get("ratelimit")).toBeTruthy();
  expect(again.headers.get("x-request-id")).toBeTruthy();
  expect(usage.map(({ operation, status, units }) => [operation, status, units])).toEqual([
    ["GetLocation", 200, 1],
    ["GetLocation", 304, 0],
  ]);
});

test.each<[why: string, header: (etag: string) => string, status: number]>([
  ["the tag", (etag) => etag, 304],
  ["its strong form: the comparison is weak", (etag) => etag.slice(2), 304],
  ["a list", (etag) => `"a", W/"b", ${etag}`, 304],
  ["anything", () => "*", 304],
  ["another tag", () => 'W/"AAAAAAAAAAAAAAAA"', 200],
  ["a list of others", () => '"a", W/"b"', 200],
  ["no tag", (etag) => etag.replaceAll('"', ""), 200],
  ["an empty header", () => "", 200],
])("If-None-Match with %s", async (_why, header, status) => {
  const { send, usage } = await startLocatedFronts(bern());
  const headers = { "if-none-match": header(await etagAt(send, PATH)) };
  const answer = await send(PATH, { headers });
  expect(answer.status).toBe(status);
  expect(answer.text === "").toBe(status === 304);
  expect(usage.at(-1)).toMatchObject({ status, units: status === 304 ? 0 : 1 });
  expect((await send(PATH, { headers, method: "HEAD" })).status).toBe(status);
});

test("several If-None-Match are one list", async () => {
  const { send, port } = await startLocatedFronts(bern());
  const etag = await etagAt(send, PATH);
  const status = await new Promise((resolve, reject) => {
    const headers = ["host", "x", "x-api-key", "k", "If-None-Match", '"a"', "if-none-match", etag];
    const options = { port, host: "127.0.0.1", path: PATH, headers, agent: false };
    http.get(options, (response) => resolve(response.resume().statusCode)).on("error", reject);
  });
  expect(status).toBe(304);
});

test("another address, language or selection has another tag, and the clock alone has none", async () => {
  const { send } = await startLocatedFronts(bern());
  const same = [PATH, `${PATH}?language=en`, `${PATH}?fields=*`, `${PATH}?exclude_fields=names`];
  for (const path of same)
    expect([path, await etagAt(send, path)]).toEqual([path, await etagAt(send, PATH)]);
  const others = [
    PATH,
    "/v1/locations/192.0.2.2",
    `${PATH}?language=de`,
    `${PATH}?language=fr`,
    `${PATH}?fields=city`,
    `${PATH}?fields=city,country`,
    `${PATH}?fields=-city`,
    `${PATH}?fields=*,names`,
    `${PATH}?fields=timezone.name`,
  ];
  const tags = await Promise.all(others.map((path) => etagAt(send, path)));
  expect(new Set(tags).size).toBe(others.length);
  const inGerman = await send(PATH, { headers: { "accept-language": "de" } });
  expect(inGerman.headers.get("etag")).toBe(tags[2]);
  // A tag of one selection is none of another.
  const crossed = await send(`${PATH}?fields=city`, {
    headers: { "if-none-match": tags[0] ?? "" },
  });
  expect(crossed.status).toBe(200);
});

test("`me` has the tag of the caller's address, and for a test key that of its first test address", async () => {
  const live = await startLocatedFronts(bern());
  const mine = await etagAt(live.send, "/v1/locations/me");
  expect(mine).toBe(await etagAt(live.send, "/v1/locations/127.0.0.1"));
  const key = principalForTest({ key: { mode: KeyMode.TEST } });
  const { send, usage } = await startLocatedFronts(bern(), key);
  const etag = await etagAt(send, "/v1/locations/me");
  expect(etag).not.toBe(mine);
  expect(etag).toBe(await etagAt(send, "/v1/locations/81.2.69.142"));
  const again = await send("/v1/locations/me", { headers: { "if-none-match": etag } });
  expect([again.status, again.text, usage.at(-1)?.status]).toEqual([304, "", 304]);
});

test("an overridden `me` is told by 304 as well", async () => {
  const { send } = await startLocatedFronts((ipAddress) => ({
    result: { case: "location", value: { ipAddress, city: "Campus", isOverridden: true } },
  }));
  const headers = { "if-none-match": await etagAt(send, "/v1/locations/me") };
  expect((await send("/v1/locations/me", { headers })).status).toBe(304);
});

test("what is posted is never 304, and neither are errors nor single values", async () => {
  const { send, usage } = await startLocatedFronts((ipAddress) =>
    ipAddress === "192.0.2.9"
      ? { result: { case: "error", value: { ipAddress, code: "invalid_argument", message: "no" } } }
      : { result: { case: "location", value: { ipAddress } } },
  );
  const headers = { "if-none-match": "*" };
  const body = { ip_addresses: ["192.0.2.1"] };
  const batch = await send("/v1/locations:batchGet", { headers, body });
  expect([batch.status, batch.headers.get("etag")]).toEqual([200, null]);
  expect((await send("/v1/locations/192.0.2.9", { headers })).status).toBe(400);
  const value = await send(`${PATH}/ip_address`, { headers });
  expect([value.status, value.headers.get("etag")]).toEqual([200, null]);
  const rpc = "/geomesh.geo.v1.GeoService/GetLocation";
  const connect = await send(rpc, { headers, body: { ip_address: "192.0.2.1" } });
  expect(connect.status).toBe(200);
  expect(usage.map(({ status, units }) => [status, units])).toEqual([
    [200, 1],
    [400, 0],
    [200, 1],
    [200, 1],
  ]);
});
