import { once } from "node:events";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseAnswers, sendRaw } from "../http/testing/raw-http.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

const RPC = "/geomesh.geo.v1.GeoService/GetLocation";

describe.each([
  ["REST", "GET /v1/datasets", ""],
  ["files", "GET /v1/flags/de.svg", ""],
  ["Connect", `POST ${RPC}`, "Content-Type: application/json\r\nContent-Length: 2\r\n"],
])("%s over HTTP/1.1", (_front, start, headers) => {
  test.each([
    ["a name", ["Host: api.example.com"], 200],
    ["a name and a port", ["Host: api.example.com:8080"], 200],
    ["a port without digits", ["Host: api.example.com:"], 200],
    ["IPv4", ["Host: 192.0.2.1:80"], 200],
    ["IPv6", ["Host: [2001:db8::1]:80"], 200],
    ["in any case", ["hOsT: API.example.com"], 200],
    ["none", [], 400],
    ["an empty one", ["Host:"], 400],
    ["two", ["Host: a", "Host: b"], 400],
    ["the same twice", ["Host: a", "host: a"], 400],
    ["an empty one besides", ["Host: a", "Host:"], 400],
    ["a slash and a space", ["Host: a/b c"], 400],
    ["a path", ["Host: a/b"], 400],
    ["a user", ["Host: user@a"], 400],
    ["a list", ["Host: a b"], 400],
    ["a port that is no number", ["Host: a:b"], 400],
    ["a bracket", ["Host: [::1"], 400],
    ["no address in brackets", ["Host: [a]"], 400],
    ["IPv6 without brackets", ["Host: 2001:db8::1"], 400],
    ["a broken escape", ["Host: a%zz"], 400],
    ["a letter beyond ASCII", ["Host: \xe9"], 400],
  ])("Host: %s", async (_what, hosts, status) => {
    const body = headers === "" ? "" : "{}";
    const lines = hosts.map((host) => `${host}\r\n`).join("");
    const key = `X-API-Key: ${TEST_KEY}\r\n`;
    const bytes = `${start} HTTP/1.1\r\n${lines}${key}${headers}Connection: close\r\n\r\n${body}`;
    const answers = parseAnswers(await sendRaw(fronts.port, Buffer.from(bytes, "latin1")));
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    if (status === 400) expect(answers[0]?.body).toContain('"code":"invalid_argument"');
  });
});

describe("over HTTP/2", () => {
  async function call(headers: http2.OutgoingHttpHeaders): Promise<[status: number, body: string]> {
    const session = http2.connect(`http://127.0.0.1:${fronts.port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ "x-api-key": TEST_KEY, ":path": "/v1/datasets", ...headers });
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    return [Number(received[":status"]), await text(stream)];
  }

  test.each([
    ["an authority", { ":authority": "a:80" }, 200],
    ["the same as host", { ":authority": "a:80", host: "a:80" }, 200],
    ["another than host", { ":authority": "a", host: "b" }, 400],
    ["an invalid authority", { ":authority": "2001:db8::1" }, 400],
    ["another port", { ":authority": "a:80", host: "a:81" }, 400],
  ])("%s", async (_what, headers, status) => {
    expect((await call(headers))[0]).toBe(status);
  });

  test("OPTIONS * and a tunnel are answered", async () => {
    expect(await call({ ":method": "OPTIONS", ":path": "*" })).toEqual([204, ""]);
    const session = http2.connect(`http://127.0.0.1:${fronts.port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "CONNECT", ":authority": "a:443" });
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect(received[":status"]).toBe(405);
    expect(JSON.parse(await text(stream))).toMatchObject({ code: "method_not_allowed" });
  });
});

test.each([
  ["OPTIONS *", 204],
  ["OPTIONS http://x", 204],
  ["OPTIONS http://x/v1/datasets", 204],
  ["OPTIONS /v1/datasets", 204],
  ["OPTIONS /v1/flags/de.svg", 204],
  ["OPTIONS /v1/flags/zz.svg", 404],
  ["OPTIONS /nope", 404],
  ["GET *", 404],
  ["CONNECT a:443", 405],
  ["GET /v1/locations%3AbatchGet", 405],
  ["POST /v1/locations%3AbatchGet", 200],
  ["OPTIONS /v1/locations%3AbatchGet", 204],
  ["GET /v1/locations/192.0.2.1%3AbatchGet", 200],
  ["GET /v1/locations/2001%3adb8%3A:1", 200],
  ["GET /v1/%64atasets", 200],
  ["GET /%761/datasets", 200],
  ["GET /v1%2Fdatasets", 404],
  ["GET http://x/v1/datasets", 200],
])("%s over HTTP/1.1: %i", async (start, status) => {
  const head = `Host: x\r\nX-API-Key: ${TEST_KEY}\r\nConnection: close\r\n\r\n`;
  const answers = parseAnswers(await sendRaw(fronts.port, `${start} HTTP/1.1\r\n${head}`));
  expect(answers.map((answer) => answer.status)).toEqual([status]);
});
