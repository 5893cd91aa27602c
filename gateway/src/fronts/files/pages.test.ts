import { readFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { builtFiles } from "@geomesh/pages/built";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge } from "../../http/testing/clients.ts";
import { startTestFronts, type TestFronts } from "../testing/fronts.ts";

const CLIENTS = [
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const;
const ASSETS = builtFiles().filter(({ isImmutable }) => isImmutable);

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

describe.each(CLIENTS)("over %s", (_protocol, client) => {
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    client(fronts.port, { method, path, headers });

  test.each(["/", "/docs"])(
    "%s is a page that asks again, and may load nothing from elsewhere",
    async (path) => {
      const { status, headers, body } = await get(path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      });
      const etag = `${headers["etag"]}`;
      expect((await get(path, { "if-none-match": etag })).status).toBe(304);
      for (const [, asset] of body.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)) {
        const { status: found, headers: its } = await get(`/${asset}`);
        expect([asset, found]).toEqual([asset, 200]);
        expect(its["cache-control"]).toBe("public, max-age=31536000, immutable");
        expect(its).toHaveProperty("content-security-policy");
      }
    },
  );

  test("what the build has compressed is sent as it is, each form with a tag of its own", async () => {
    for (const { path, source, compressed } of ASSETS) {
      const plain = await get(path);
      expect(plain.bytes.equals(readFileSync(source))).toBe(true);
      const tags = new Set([plain.headers["etag"]]);
      for (const [coding, file] of Object.entries(compressed)) {
        const { headers, bytes } = await get(path, { "accept-encoding": coding });
        expect(headers["content-encoding"]).toBe(coding);
        expect(bytes.equals(readFileSync(file))).toBe(true);
        const decode = coding === "br" ? brotliDecompressSync : gunzipSync;
        expect(decode(bytes).equals(plain.bytes)).toBe(true);
        tags.add(headers["etag"]);
      }
      expect(tags.size).toBe(1 + Object.keys(compressed).length);
    }
  });

  test.each([
    ["HEAD", "/", 200],
    ["HEAD", "/docs", 200],
    ["OPTIONS", "/", 204],
    ["OPTIONS", "/docs", 204],
    ["OPTIONS", "/docs/", 204],
    ["POST", "/", 405],
    ["DELETE", "/docs", 405],
    ["POST", "/docs/", 405],
    ["GET", "/docs/index.html", 404],
    ["GET", "/index.html", 404],
    ["GET", "/assets/", 404],
    ["GET", "/assets/site.css", 404],
    ["GET", "/v1/docs", 404],
  ])("%s of %s is %i", async (method, path, status) => {
    const received = await get(path, {}, method);
    expect(received.status).toBe(status);
    const isTold = status === 204 || status === 405;
    expect(received.headers["allow"]).toBe(isTold ? "GET, HEAD, OPTIONS" : undefined);
  });

  test.each(["GET", "HEAD"])(
    "%s of /docs/ leads to /docs, relative to where it is",
    async (method) => {
      const { status, headers } = await get("/docs/", {}, method);
      expect([status, headers["location"]]).toEqual([308, "../docs"]);
    },
  );
});

test("no key is asked for or looked at", async () => {
  const keys = fronts.credentials.length;
  expect((await http1(fronts.port, { path: "/?api_key=nonsense" })).status).toBe(200);
  expect(fronts.credentials.length).toBe(keys);
});

test.each([
  ["", false],
  ["free", true],
])(
  "the landing page knows whether requests need no key: plan '%s'",
  async (anonymousPlan, isOpen) => {
    const other = await startTestFronts(undefined, { anonymousPlan });
    onTestFinished(() => other.close());
    const { body } = await http1(other.port, { path: "/" });
    expect(body).toContain(`<body data-anonymous="${isOpen}">`);
  },
);

test("answers are counted as those of pages", async () => {
  await http1(fronts.port, { path: "/docs" });
  expect(await fronts.metrics()).toMatch(/gateway_requests_total\{operation="Page",status="2xx"/);
});
