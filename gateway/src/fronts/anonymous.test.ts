import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { createLog } from "@geomesh/runtime/log";
import { createTestClock } from "@geomesh/testing/test-clock";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAnonymousUse } from "../keys/anonymous.ts";
import { createAuthenticator } from "../keys/authenticate.ts";
import { KeyTable } from "../keys/key-table.ts";
import { accountRecord, change, keyRecord, planRecord, secretOf } from "../keys/testing/records.ts";
import { pipelineForTest } from "../rpc/testing/pipeline.ts";
import { startTestFronts, type TestFrontsOptions } from "./testing/fronts.ts";

const ADDRESS = "192.0.2.1";
const stalenessMaxMs = 60_000;
const [secret, unknown] = [secretOf(), secretOf()];

/** What the operator set: nothing, a plan that exists, or one that does not. */
type Setting = "off" | "on" | "plan unknown";

/** Fronts behind a trusted proxy over a real table with one key, and the plan `free` by which two requests may come at once. */
async function frontsFor(setting: Setting, more: TestFrontsOptions = {}) {
  const table = new KeyTable();
  const free = { planId: "free", batchSizeMax: 2, keyRate: { requests: 2 } };
  const records = [planRecord(), accountRecord(), keyRecord(secret), planRecord(free)];
  for (const [i, record] of records.entries()) table.apply(change(i + 1, record));
  const deps = { table, beatAgeMs: () => 0, clock: createTestClock() };
  const log = createLog({ service: "test", level: "silent" });
  const planId = setting === "on" ? "free" : "unknown";
  const fronts = await startTestFronts(undefined, {
    authenticate: createAuthenticator(deps, { stalenessMaxMs }),
    ...(setting !== "off" && {
      anonymousUse: createAnonymousUse({ ...deps, log }, { planId, stalenessMaxMs }),
    }),
    trustedProxies: ["127.0.0.0/8"],
    ...more,
  });
  onTestFinished(() => fronts.close());
  return { ...fronts, table };
}

const OPERATIONS = {
  GetLocation: { path: `/v1/locations/${ADDRESS}` },
  BatchGetLocations: { path: "/v1/locations:batchGet", body: { ip_addresses: [ADDRESS] } },
  ListDatasets: { path: "/v1/datasets" },
  GetAccount: { path: "/v1/accounts/-" },
  ListPlans: { path: "/v1/plans" },
  CreateKey: { path: "/v1/accounts/-/keys", body: { name: "mine" } },
};
type OperationName = keyof typeof OPERATIONS;
const LOCATED: readonly OperationName[] = ["GetLocation", "BatchGetLocations", "ListDatasets"];

interface Credential {
  readonly headers?: Record<string, string>;
  readonly query?: string;
  /** The status, and the code of a refusal, where it does not matter what the operator set. */
  readonly answer?: string;
}

const CREDENTIALS: Readonly<Record<string, Credential>> = {
  none: {},
  "the key": { headers: { "x-api-key": secret }, answer: "200 key_a" },
  "an unknown key": { headers: { "x-api-key": unknown }, answer: "401 key_invalid" },
  "what is no key": { headers: { authorization: "Bearer abc" }, answer: "401 key_invalid" },
  "another scheme": { headers: { authorization: "Basic YTpi" }, answer: "401 key_invalid" },
  "an empty header": { headers: { "x-api-key": "" }, answer: "401 key_missing" },
  "an empty parameter": { query: "?api_key=", answer: "401 key_missing" },
  "an unknown key in the query": { query: `?api_key=${unknown}`, answer: "401 key_invalid" },
  "two keys": {
    headers: { "x-api-key": secret, authorization: `Bearer ${unknown}` },
    answer: "400 invalid_argument",
  },
};

describe.each<Setting>(["off", "on", "plan unknown"])("with the setting: %s", (setting) => {
  test.each(Object.entries(CREDENTIALS))("a request with %s", async (_what, credential) => {
    const { url, invocations } = await frontsFor(setting);
    const seen: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const [name, { path, ...rest }] of Object.entries(OPERATIONS)) {
      const { body } = rest as { body?: object };
      const response = await fetch(`${url}${path}${credential.query ?? ""}`, {
        headers: { ...credential.headers, ...(body && { "content-type": "application/json" }) },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      });
      const { code } = (await response.json()) as { code?: string };
      const who = response.ok ? invocations.at(-1)?.principal.key.keyId : code;
      seen[name] = `${response.ok ? 200 : response.status} ${who}`;
      const isServed = setting === "on" && LOCATED.includes(name as OperationName);
      expected[name] = credential.answer ?? (isServed ? "200 anonymous" : "401 key_missing");
    }
    expect(seen).toEqual(expected);
  });
});

/** The fronts over the whole way of a request, by the plan `free`. */
async function served() {
  const pipeline = await pipelineForTest();
  const fronts = await frontsFor("on", { policy: pipeline.policy });
  return { ...pipeline, ...fronts };
}

const from = (address: string) => ({ "x-forwarded-for": address });

describe("by REST", () => {
  const get = (url: string, address: string, path = `/v1/locations/${ADDRESS}`) =>
    fetch(url + path, { headers: from(address) });

  test("an IPv4 address has the rate of the plan for itself, an IPv6 address shares it with its /64", async () => {
    const { url } = await served();
    for (const [first, second, neighbour] of [
      ["198.51.100.1", "198.51.100.1", "198.51.100.2"],
      ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"],
    ] as const) {
      const answers = [await get(url, first), await get(url, second), await get(url, first)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect((await get(url, neighbour)).status).toBe(200);
    }
  });

  test("limits are told, and a refusal is that of a key", async () => {
    const { url } = await served();
    const { headers } = await get(url, "198.51.100.1");
    expect(headers.get("ratelimit-policy")).toBe('"key";q=2;w=1, "account";q=2;w=1');
    expect(headers.get("ratelimit")).toBe('"key";r=1;t=1, "account";r=1;t=1');
    await get(url, "198.51.100.1");
    const refused = await get(url, "198.51.100.1");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("ratelimit")).toBe('"key";r=0;t=1, "account";r=0;t=1');
    expect(await refused.json()).toMatchObject({
      code: "rate_limited",
      detail: "too many requests without an API key from this address",
    });
  });

  test("usage names neither the client nor what it asked for, and metering is asked for nothing", async () => {
    const { url, usage, metering } = await served();
    const { asked } = metering;
    const before = asked.length;
    const me = await get(url, "198.51.100.1", "/v1/locations/me");
    expect(await me.json()).toMatchObject({ ip_address: "198.51.100.1" });
    await get(url, "2001:db8:0:1::1");
    const record = { accountId: "anonymous", keyId: "anonymous", units: 1, leaseNumber: 0n };
    expect(usage).toMatchObject([record, record]);
    const recorded = usage.flatMap((each) => Object.values(each)).join(" ");
    expect(recorded).toContain("GetLocation");
    expect(recorded).not.toMatch(/198\.51|2001:db8|192\.0/);
    expect(asked).toHaveLength(before);
  });

  test("a batch is as large as the plan allows, as it is now", async () => {
    const { url, table } = await served();
    const batch = (count: number, address: string) =>
      fetch(`${url}/v1/locations:batchGet`, {
        method: "POST",
        headers: { "content-type": "application/json", ...from(address) },
        body: JSON.stringify({ ip_addresses: Array(count).fill(ADDRESS) }),
      });
    expect((await batch(2, "198.51.100.1")).status).toBe(200);
    const refused = await batch(3, "198.51.100.1");
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "plan_forbidden" }]);
    const larger = { planId: "free", batchSizeMax: 3, keyRate: { requests: 2 } };
    table.apply(change(9, planRecord(larger)));
    expect((await batch(3, "198.51.100.1")).status).toBe(200);
  });

  test("a location has what the plan allows, as it is now", async () => {
    const { url, table, usage } = await served();
    const free = { planId: "free", batchSizeMax: 2, keyRate: { requests: 2 } };
    const allow = (revision: number, ...fieldGroups: string[]) =>
      table.apply(change(revision, planRecord({ ...free, fieldGroups })));
    allow(9, "security");
    const fields = `/v1/locations/${ADDRESS}?fields=country`;
    const refused = await get(url, "198.51.100.1", fields);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "plan_forbidden" }]);
    expect(usage).toHaveLength(0);
    const location = (await (await get(url, "198.51.100.1")).json()) as object;
    expect(Object.keys(location)).toEqual([
      ...["ip_address", "network", "special_purpose", "security", "is_overridden"],
    ]);
    allow(10, "place");
    expect((await get(url, "198.51.100.1", fields)).status).toBe(200);
  });
});

describe.each([
  ["Connect", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC", (baseUrl: string) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web", (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
] as const)("by %s", (_front, transport) => {
  test("a request without a key is served at the rate of its address, and none but for locations", async () => {
    const { url, usage } = await served();
    const geo = createClient(GeoService, transport(url));
    const locate = (address: string) =>
      geo.getLocation({ ipAddress: ADDRESS }, { headers: from(address) });
    for (let i = 0; i < 2; i += 1) {
      expect((await locate("198.51.100.1")).location?.ipAddress).toBe(ADDRESS);
    }
    expect(await refusal(locate("198.51.100.1"))).toEqual([
      ...[Code.ResourceExhausted, "RATE_LIMITED"],
    ]);
    await locate("198.51.100.2");
    expect(usage).toHaveLength(3);
    const auth = createClient(AuthService, transport(url));
    expect(await refusal(auth.listPlans({}))).toEqual([Code.Unauthenticated, "KEY_MISSING"]);
  });
});

async function refusal(call: Promise<unknown>): Promise<[Code, string | undefined]> {
  const error = await call.then(
    () => undefined,
    (cause) => ConnectError.from(cause),
  );
  if (error === undefined) throw new Error("the call was not refused");
  return [error.code, error.findDetails(ErrorInfoSchema)[0]?.reason];
}
