import { eventually } from "@geomesh/testing/eventually";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect, test } from "vitest";
import { type AnsweredRequest, accessLogFor } from "./access-log.ts";

const KEY = "gm_live_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
const REQUEST: AnsweredRequest = {
  requestId: "r-1",
  method: "GET",
  path: "/v1/locations/81.2.69.142",
  clientAddress: "192.0.2.7",
  meter: { operation: "GetLocation" },
  principal: { key: { keyId: "key_1" }, account: { accountId: "acct_1" } },
};

function accessLog(choice: "on" | "with_client_address", worker?: number) {
  const writes: string[] = [];
  const deps = {
    output: { write: (text: string) => void writes.push(text) },
    clock: createTestClock(),
  };
  const log = accessLogFor(choice, deps, worker);
  if (log === undefined) throw new Error("there is no log");
  const lines = () =>
    writes.flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line));
  return { log, writes, lines };
}

test("a line tells what was asked, by whom, and what was answered", async () => {
  const { log, lines } = accessLog("on", 2);
  log.write(REQUEST, 200, 1_200, 1.23456);
  await eventually(() => lines().length === 1);
  expect(lines()[0]).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    ...{ service: "gateway", worker: 2, msg: "request", request_id: "r-1", method: "GET" },
    ...{ path: "/v1/locations/{ip_address}", operation: "GetLocation", status: 200, bytes: 1_200 },
    ...{ ms: 1.235, account_id: "acct_1", key_id: "key_1" },
  });
});

test("a refusal has its reason, and the client's address stands there by choice alone", () => {
  const { log, lines } = accessLog("with_client_address");
  log.write({ ...REQUEST, reason: "KEY_INVALID", principal: undefined }, 401, 90, 1);
  log.close();
  expect(lines()[0]).toMatchObject({ reason: "key_invalid", client_address: "192.0.2.7" });
  expect(lines()[0]).not.toHaveProperty("account_id");
});

test("a line has the trace that its request is part of, where there is one", () => {
  const { log, lines } = accessLog("on");
  log.write({ ...REQUEST, traceId: "0af7651916cd43dd8448eb211c80319c" }, 200, 90, 1);
  log.write(REQUEST, 200, 90, 1);
  log.close();
  expect(lines()[0]).toMatchObject({ trace_id: "0af7651916cd43dd8448eb211c80319c" });
  expect(lines()[1]).not.toHaveProperty("trace_id");
});

test.each([
  ["/v1/locations/81.2.69.142/city", "/v1/locations/{ip_address}/city"],
  ["/v1/locations/2001:DB8::1", "/v1/locations/{ip_address}"],
  ["/v1/locations/2001%3adb8%3A%3A1", "/v1/locations/{ip_address}"],
  ["/v1/locations/081.2%2e69.142", "/v1/locations/{ip_address}"],
  ["/geoip/v2.1/city/8.8.8.8", "/geoip/v2.1/city/{ip_address}"],
  ["/compat/ipinfo/::1/json", "/compat/ipinfo/{ip_address}/json"],
  ["/v1/accounts/-/keys/key_8vhq2n4c0wd1m5xe:revoke", undefined],
  ["/v1/locations:batchGet", undefined],
  ["/v1/123/abc", undefined],
])("of the path %s the address is not written", (path, written = path) => {
  const { log, lines } = accessLog("on");
  log.write({ ...REQUEST, path }, 200, 90, 1);
  log.close();
  expect(lines()[0].path).toBe(written);
});

test("a key is blanked wherever a client puts it", () => {
  const { log, writes } = accessLog("on");
  log.write({ ...REQUEST, requestId: KEY, path: `/v1/locations/${KEY}` }, 400, 90, 1);
  log.close();
  expect(writes.join("")).not.toContain(KEY);
});

test("lines are written whole, up to 4,096 bytes at once, and what waits is written at the end", () => {
  const { log, writes, lines } = accessLog("on");
  for (let n = 0; n < 100; n += 1) log.write(REQUEST, 200, n, 1);
  log.close();
  expect(Math.max(...writes.map((text) => text.length))).toBeLessThanOrEqual(4_096);
  expect(writes.every((text) => text.endsWith("\n"))).toBe(true);
  expect(lines().map(({ bytes }) => bytes)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test("there is none unless it was chosen", () => {
  const deps = { output: { write: () => undefined }, clock: createTestClock() };
  expect(accessLogFor("off", deps, undefined)).toBeUndefined();
});
