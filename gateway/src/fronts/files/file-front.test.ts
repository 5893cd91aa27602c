import { readFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { openApiFile } from "@geomesh/proto/openapi";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge, type Received } from "../../http/testing/clients.ts";
import { startTestFronts, type TestFronts } from "../testing/fronts.ts";

const PAGE = "https://app.example";
const DOCUMENT = "/openapi.json";
const SVG = "/v1/flags/mx.svg";
const PNG = "/v1/flags/mx.png";
const CLIENTS = [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const;

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts(undefined, { corsAllowedOrigins: [PAGE] });
});
afterAll(() => fronts.close());

function decoded({ headers, bytes }: Received): Buffer {
  const coding = headers["content-encoding"];
  if (coding === undefined) return bytes;
  return coding === "br" ? brotliDecompressSync(bytes) : gunzipSync(bytes);
}

describe.each(CLIENTS)("over %s", (_protocol, client) => {
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    client(fronts.port, { method, path, headers });

  test.each([
    ["no header", undefined, undefined],
    ["a browser", "gzip, deflate, br, zstd", "br"],
    ["gzip only", "gzip", "gzip"],
    ["gzip liked better", "br;q=0.1, gzip;q=0.2", "gzip"],
    ["everything refused", "identity;q=0, *;q=0", undefined],
  ])(
    "the OpenAPI document is the generated one, byte for byte: %s",
    async (_why, accepts, coding) => {
      const received = await get(
        DOCUMENT,
        accepts === undefined ? {} : { "accept-encoding": accepts },
      );
      expect(received.status).toBe(200);
      expect(received.headers["content-encoding"]).toBe(coding);
      expect(received.headers["content-length"]).toBe(`${received.bytes.length}`);
      const document = readFileSync(openApiFile());
      expect(decoded(received).equals(document)).toBe(true);
      if (coding !== undefined) expect(received.bytes.length).toBeLessThan(document.length / 8);
      expect(received.headers).toMatchObject({
        "content-type": "application/json",
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
      });
    },
  );

  test("no key is asked for or looked at", async () => {
    const keys = fronts.credentials.length;
    for (const path of [DOCUMENT, `${DOCUMENT}?api_key=nonsense`, SVG, PNG]) {
      expect((await get(path, { "x-api-key": "nonsense" })).status).toBe(200);
    }
    expect(fronts.credentials.length).toBe(keys);
  });

  test("what differs by coding says so, beside what differs by origin; an image that does not says nothing", async () => {
    for (const headers of [{}, { "accept-encoding": "gzip" }, { "accept-encoding": "zstd" }]) {
      for (const path of [DOCUMENT, SVG]) {
        const received = await get(path, { ...headers, origin: PAGE });
        expect(received.headers["vary"]).toBe("Origin, Accept-Encoding");
        expect(received.headers["access-control-allow-origin"]).toBe(PAGE);
      }
      const png = await get(PNG, headers);
      expect(png.headers["vary"]).toBe("Origin");
      expect(png.headers).not.toHaveProperty("content-encoding");
    }
  });

  test.each([DOCUMENT, SVG])(
    "every form of %s has a tag of its own, by which it is asked for again",
    async (path) => {
      const forms = await Promise.all(
        ["identity", "br", "gzip"].map(async (coding) => {
          const { headers } = await get(path, { "accept-encoding": coding });
          return { coding, etag: `${headers["etag"]}` };
        }),
      );
      expect(new Set(forms.map(({ etag }) => etag)).size).toBe(3);
      for (const { coding, etag } of forms) {
        for (const other of forms) {
          const asked = { "accept-encoding": coding, "if-none-match": `"x", W/${other.etag}` };
          const received = await get(path, asked);
          // The bytes of another form are no answer to this request.
          expect(received.status).toBe(other.etag === etag ? 304 : 200);
          expect(received.headers).toMatchObject({ etag, vary: "Origin, Accept-Encoding" });
          expect(received.headers).toHaveProperty("cache-control");
        }
      }
    },
  );

  test("a 304 has no body and says nothing of one", async () => {
    const received = await get(DOCUMENT, { "if-none-match": "*" });
    expect([received.status, received.body]).toEqual([304, ""]);
    for (const name of ["content-type", "content-encoding", "content-length"]) {
      expect(received.headers).not.toHaveProperty(name);
    }
  });

  test.each([DOCUMENT, SVG, PNG])("HEAD of %s has the headers of GET", async (path) => {
    const accepts = { "accept-encoding": "br" };
    const plain = ({ headers }: Received) => {
      const { date: _date, "x-request-id": _id, ...others } = headers;
      return others;
    };
    const [got, head] = [await get(path, accepts), await get(path, accepts, "HEAD")];
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(plain(head)).toEqual(plain(got));
    expect(Number(head.headers["content-length"])).toBe(got.bytes.length);
    const etag = `${got.headers["etag"]}`;
    expect((await get(path, { ...accepts, "if-none-match": etag }, "HEAD")).status).toBe(304);
  });

  test.each([
    ["OPTIONS", DOCUMENT, 204],
    ["POST", DOCUMENT, 405],
    ["DELETE", DOCUMENT, 405],
    ["PUT", SVG, 405],
  ])("%s of %s is %i with the methods that there are", async (method, path, status) => {
    const received = await get(path, { "if-none-match": "*" }, method);
    expect([received.status, received.headers["allow"]]).toEqual([status, "GET, HEAD, OPTIONS"]);
  });

  test.each([
    "/openapi",
    "/openapi.json/",
    "/openapi.yaml",
    "/OpenAPI.json",
    "/v1/flags/gb-eng.svg",
  ])("%s is no file", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test("an SVG comes smaller, and is the same image", async () => {
    const plain = await get(SVG);
    for (const coding of ["br", "gzip"]) {
      const received = await get(SVG, { "accept-encoding": coding });
      expect(received.headers).toMatchObject({
        "content-type": "image/svg+xml",
        "content-encoding": coding,
      });
      expect(received.bytes.length).toBeLessThan(plain.bytes.length / 2);
      expect(decoded(received).equals(plain.bytes)).toBe(true);
    }
  });
});

test("the document works behind any host: its servers have none", async () => {
  const { body } = await http1(fronts.port, { path: DOCUMENT });
  expect(JSON.parse(body)).toMatchObject({ openapi: "3.1.0", servers: [{ url: "/" }] });
});

test("answers are counted by what they are of", async () => {
  const counted = await startTestFronts();
  onTestFinished(() => counted.close());
  for (const path of [DOCUMENT, SVG, "/v1/flags/zz.svg"]) await http1(counted.port, { path });
  const text = await counted.metrics();
  const countOf = (labels: string) =>
    new RegExp(`^gateway_requests_total\\{${labels}[^}]*\\} (\\d+)$`, "m").exec(text)?.[1];
  expect(countOf('operation="OpenApi",status="2xx"')).toBe("1");
  expect(countOf('operation="Flag",status="2xx"')).toBe("1");
  expect(countOf('operation="Flag",status="4xx"')).toBe("1");
});
