import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openPage, startBrowser, type WatchedPage } from "../support/browser.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const CALL = "#operations-GeoService-GeoService_GetLocation";
const ADDRESS = "81.2.69.142";
const NOTHING = JSON.stringify({ cookies: [], origins: [], ofTab: "[]" });

let mesh: TestMesh;
let browser: Awaited<ReturnType<typeof startBrowser>>;
beforeAll(async () => {
  browser = await startBrowser();
  mesh = await startTestMesh({ TRUSTED_PROXIES: "127.0.0.1/32" });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await mesh?.close();
});

type Options = Parameters<typeof openPage>[2];

async function open(path: string, options: Options = {}, origin = mesh.baseUrl) {
  const watched = await openPage(browser, origin, options);
  onTestFinished(() => watched.close());
  await watched.page.goto(origin + path);
  return watched;
}

/** Gives the reference a key and looks an address up by it; what the page then shows. */
async function lookUp({ page }: WatchedPage, key: string) {
  await page.locator(".scheme-container .btn.authorize").click();
  await page.locator("#auth-bearer-value").fill(key);
  await page.getByRole("button", { name: "Apply credentials" }).first().click();
  await page.locator(".modal-ux .btn-done").first().click();
  const call = page.locator(CALL);
  await call.locator(".opblock-summary-control").click();
  await call.locator(".try-out__btn").click();
  await call.locator('[data-param-name="ip_address"] input').fill(ADDRESS);
  await call.locator(".execute").click();
  const answer = call.locator(".live-responses-table tbody");
  const status = await answer.locator(".response-col_status").first().textContent();
  const body = await answer.locator(".highlight-code code").first().textContent();
  const url = await call.locator(".request-url").textContent();
  return { status, json: JSON.parse(`${body}`), url };
}

/** Serves the gateway below `/geo`, as a reverse proxy does that takes the prefix away. */
async function startProxy(): Promise<string> {
  const server = http.createServer((request, response) => {
    const { method, headers, url = "" } = request;
    const to = http.request(mesh.baseUrl + url.replace(/^\/geo/, ""), { method, headers });
    to.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(to);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each([
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const)("$colorScheme, $width px", ({ colorScheme, width }) => {
  const options = { colorScheme, viewport: { width, height: 800 } };

  test("the reference sends a request by a key, keeps it nowhere, and asks nobody else", async () => {
    const watched = await open("/docs", options);
    const { status, json } = await lookUp(watched, mesh.demoKey);
    expect([status, json.country_code]).toEqual(["200", "GB"]);
    expect(await watched.stored()).toBe(NOTHING);
    expect(await watched.overflow()).toBe(0);
    expect(watched.complaints).toEqual([]);
    const lightness = await watched.page.evaluate<string>(
      "getComputedStyle(document.body).backgroundColor",
    );
    expect(lightness === "rgb(255, 255, 255)").toBe(colorScheme === "light");
  });

  test("the landing page leads to the reference, with a request to this server", async () => {
    const watched = await open("/", options);
    const { page } = watched;
    expect(await page.locator("#curl").textContent()).toContain(
      `${mesh.baseUrl}/v1/locations/${ADDRESS}`,
    );
    expect(await page.locator("#own").isVisible()).toBe(false);
    expect(await watched.overflow()).toBe(0);
    await page.getByRole("link", { name: "API reference" }).first().click();
    await page.locator(CALL).waitFor();
    expect(page.url()).toBe(`${mesh.baseUrl}/docs`);
    expect(await watched.stored()).toBe(NOTHING);
    expect(watched.complaints).toEqual([]);
  });
});

/** The landing page of a server that answers without a key: what `status` and `body` are is the answer, else the real one. */
async function openAnonymous(refusal?: { status: number; headers: Record<string, string> }) {
  const watched = await open("/");
  const { page } = watched;
  await page.route(`${mesh.baseUrl}/`, async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    expect(text).toContain('data-anonymous="false"');
    await route.fulfill({ response, body: text.replace('anonymous="false', 'anonymous="true') });
  });
  await page.route(`${mesh.baseUrl}/v1/locations/me`, async (route) => {
    const headers = { authorization: `Bearer ${mesh.demoKey}`, "x-forwarded-for": ADDRESS };
    if (refusal === undefined) await route.continue({ headers });
    else await route.fulfill({ ...refusal, body: "{}" });
  });
  await page.reload();
  return watched;
}

test("where no key is needed, the landing page shows where its reader is", async () => {
  const watched = await openAnonymous();
  const own = watched.page.locator("#own");
  await own.getByText(ADDRESS).waitFor();
  expect(await own.textContent()).toMatch(
    /East Finchley[\s\S]*United Kingdom[\s\S]*Europe\/London/,
  );
  expect(await watched.page.locator("#curl").textContent()).toBe(
    `curl ${mesh.baseUrl}/v1/locations/me`,
  );
  expect(watched.complaints).toEqual([]);
});

test("a reader who has asked too often is told when to try again", async () => {
  const { page } = await openAnonymous({ status: 429, headers: { "retry-after": "7" } });
  await page.getByText("try again in 7 s").waitFor();
});

test("the pages work below a path of a proxy", async () => {
  const origin = await startProxy();
  const watched = await open("/geo/docs/", {}, origin);
  expect(watched.page.url()).toBe(`${origin}/geo/docs`);
  const { status, url } = await lookUp(watched, mesh.demoKey);
  expect([status, url]).toEqual(["200", expect.stringContaining(`${origin}/geo/v1/locations/`)]);
  await watched.page.getByRole("link", { name: "Geomesh" }).first().click();
  expect(await watched.page.locator("#curl").textContent()).toContain(`${origin}/geo/v1/`);
  expect(watched.complaints).toEqual([]);
});

test("the colours of the reference follow those of the system while it is open", async () => {
  const { page } = await open("/docs", { colorScheme: "light" });
  await page.locator(CALL).waitFor();
  expect(await page.locator("html.dark-mode").count()).toBe(0);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html.dark-mode").waitFor();
});
