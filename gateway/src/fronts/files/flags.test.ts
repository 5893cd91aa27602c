import { expect, onTestFinished, test } from "vitest";
import { startTestFronts } from "../testing/fronts.ts";

async function start() {
  const fronts = await startTestFronts();
  onTestFinished(() => fronts.close());
  return (path: string, init?: RequestInit) => fetch(`${fronts.url}/v1/flags/${path}`, init);
}

test("a flag is an image that needs no key, byte for byte", async () => {
  const get = await start();
  const png = await get("gb.png");
  expect([png.status, png.headers.get("content-type")]).toEqual([200, "image/png"]);
  const bytes = Buffer.from(await png.arrayBuffer());
  expect(bytes.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
  expect(bytes.subarray(-8, -4).toString()).toBe("IEND");
  const svg = await get("jp.svg");
  expect([svg.status, svg.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  expect(await svg.text()).toContain("<svg");
});

test("a browser that has the image gets 304, and scripts in an image would not run", async () => {
  const get = await start();
  const first = await get("fr.svg");
  const etag = first.headers.get("etag") ?? "";
  const again = await get("fr.svg", { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect(first.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(first.headers.get("x-content-type-options")).toBe("nosniff");
});

test("the methods of a flag are told", async () => {
  const get = await start();
  for (const method of ["OPTIONS", "POST"]) {
    const { headers } = await get("gb.svg", { method });
    expect(headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  }
});

test.each([
  ["zz.svg", "GET", 404],
  ["gb.gif", "GET", 404],
  ["..%2f..%2fpackage.json", "GET", 404],
  ["gb.svg", "POST", 405],
  ["gb.svg", "HEAD", 200],
  ["gb.svg", "OPTIONS", 204],
  ["zz.svg", "OPTIONS", 404],
])("%s by %s is %i", async (path, method, status) => {
  const get = await start();
  expect((await get(path, { method })).status).toBe(status);
});
