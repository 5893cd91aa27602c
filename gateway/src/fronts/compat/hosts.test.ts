import { create } from "@bufbuild/protobuf";
import { GetLocationResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { http1, http2PriorKnowledge } from "../../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { compatHostProblem } from "./hosts.ts";
import { WHOLE } from "./testing/locations.ts";

let fronts: TestFronts;
beforeAll(async () => {
  const compatHosts = ["ipinfo=ip.example.com", "ip-api=api.example.com"];
  fronts = await startTestFronts(() => create(GetLocationResponseSchema, { location: WHOLE }), {
    compatHosts,
  });
});
afterAll(() => fronts.close());

test.each([
  ["ip.example.com", "/", "application/json; charset=utf-8", 200, "its root"],
  ["IP.example.com:8080", "/81.2.69.142/json", "application/json; charset=utf-8", 200, "any port"],
  ["ip.example.com", "/81.2.69.142/city", "text/plain; charset=utf-8", 200, "a field"],
  ["api.example.com", "/json/81.2.69.142", "application/json; charset=utf-8", 200, "the other"],
  ["ip.example.com", "/v1/locations/me", "application/json", 200, "REST is there as well"],
  ["ip.example.com", "/v1/flags/gb.svg", "image/svg+xml", 200, "and so are files"],
  ["other.example.com", "/81.2.69.142/json", "application/problem+json", 404, "another host"],
  ["other.example.com", "/compat/ipinfo/json", "application/json; charset=utf-8", 200, "by path"],
])("at %s, %s is %s %i: %s", async (host, path, type, status) => {
  const headers = { host, "x-api-key": TEST_KEY };
  const received = await http1(fronts.port, { path, headers });
  expect(received.status).toBe(status);
  expect(received.headers["content-type"]).toContain(type);
});

test("the host of HTTP/2 counts as well", async () => {
  const headers = { ":authority": "ip.example.com", "x-api-key": TEST_KEY };
  const { body } = await http2PriorKnowledge(fronts.port, {
    path: "/81.2.69.142/country",
    headers,
  });
  expect(body).toBe("GB\n");
});

test.each([
  ["ipinfo=ip.example.com", true, "a façade and a host"],
  ["ip-api=localhost", true, "a host of one label"],
  ["maxmind=geoip.example.com", false, "it is at the root of every host"],
  ["other=ip.example.com", false, "no façade"],
  ["ipinfo=ip.example.com:80", false, "a port"],
  ["ipinfo=IP.example.com", false, "not as it is compared"],
  ["ipinfo=", false, "no host"],
  ["ip.example.com", false, "no façade"],
])("COMPAT_HOSTS with %s is right: %s, %s", (text, isRight) => {
  expect(compatHostProblem(text) === undefined).toBe(isRight);
});
