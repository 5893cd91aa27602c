import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type Customer, createCustomer } from "../support/api.ts";
import type { Answer, Door } from "../support/doors/answer.ts";
import { facadeDoors } from "../support/doors/facades.ts";
import { batchDoor, csvDoor, DoorCalls, linesDoor, restDoor } from "../support/doors/rest.ts";
import {
  connectDoor,
  connectGetDoor,
  connectJsonDoor,
  grpcDoor,
  grpcStreamDoor,
  grpcWebDoor,
} from "../support/doors/rpc.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

const PLACED = "81.2.69.142";
const ADDRESSES = [PLACED, "8.8.8.8", "1.1.1.1", "2001:218::1", "10.0.0.1", "::1", "nonsense"];
const ALLOWED = ["connection", "timezone"];
/** What the plan allows of a location. */
const KEYS = ["ip_address", "network", "special_purpose", "is_overridden", ...ALLOWED];
const ADDRESS_PATH = `/v1/locations/${PLACED}`;
const BATCH = "/v1/locations:batchGet";
const STREAM = "/v1/locations:stream";
const RPC = "/geomesh.geo.v1.GeoService";
const LANGUAGE = "de";

let mesh: Mesh;
let customer: Customer;
let calls: DoorCalls;
let wholeCalls: DoorCalls;
beforeAll(async () => {
  mesh = await startTestMesh();
  customer = await createCustomer(mesh, { field_groups: ALLOWED });
  calls = new DoorCalls(doorDeps(customer.key));
  wholeCalls = new DoorCalls(doorDeps(mesh.demoKey));
});
afterAll(async () => {
  calls?.close();
  wholeCalls?.close();
  await mesh?.close();
});

const doorDeps = (key: string) => ({ baseUrl: mesh.baseUrl, key, language: LANGUAGE });

/** What the plan leaves of an answer. */
function allowedOf(answer: Answer): Answer {
  const isAllowed = (name: string) => name === "error" || KEYS.includes(name.split(".")[0] ?? "");
  return Object.fromEntries(Object.entries(answer).filter(([name]) => isAllowed(name)));
}

test("every door answers what the plan allows, and nothing else", async () => {
  const deps = doorDeps(customer.key);
  const whole = await restDoor(wholeCalls, doorDeps(mesh.demoKey))(ADDRESSES);
  expect(whole[0]).toMatchObject({ country_code: "GB", "timezone.name": "Europe/London" });
  const allowed = whole.map(allowedOf);
  const doors: [name: string, door: Door][] = [
    ["REST", restDoor(calls, deps)],
    ["a batch as JSON", batchDoor(calls, deps)],
    ["a batch as CSV", csvDoor(calls, deps)],
    ["a stream of lines", linesDoor(calls, deps)],
    ["a stream of gRPC", grpcStreamDoor(deps)],
    ["Connect JSON", connectJsonDoor(calls, deps)],
    ["Connect by GET", connectGetDoor(calls, deps)],
    ["Connect binary", connectDoor(deps)],
    ["gRPC", grpcDoor(deps)],
    ["gRPC-Web", grpcWebDoor(deps)],
  ];
  for (const [name, door] of doors) expect([name, await door(ADDRESSES)]).toEqual([name, allowed]);
  for (const { name, ask: door, view } of facadeDoors(calls, deps)) {
    expect([name, await door(ADDRESSES)]).toEqual([name, allowed.map(view)]);
  }
});

test("a key that the plan does not allow is absent, also of what is unknown", async () => {
  const { key } = customer;
  const sorted = KEYS.toSorted();
  const keysOf = (location: object) => Object.keys(location).toSorted();
  for (const fields of ["", "?fields=*", "?fields=-flag,-city", "?exclude_fields=names,security"]) {
    const { status, json } = await ask(mesh, ADDRESS_PATH + fields, { key });
    expect([fields, status, keysOf(json)]).toEqual([fields, 200, sorted]);
  }
  const body = { ip_addresses: [PLACED] };
  const batch = await ask(mesh, BATCH, { key, body });
  expect(keysOf(batch.json.results[0].location)).toEqual(sorted);
  const csv = await ask(mesh, BATCH, { key, body, headers: { accept: "text/csv" } });
  const [header = ""] = csv.text.split("\r\n");
  const columns = header.split(",").map((name) => name.split(".")[0]);
  expect([...new Set(columns)].filter((name) => name !== "error").toSorted()).toEqual(sorted);
  const lines = await streamed("");
  expect(keysOf(JSON.parse(lines.text).location)).toEqual(sorted);
  const some = await ask(mesh, `${ADDRESS_PATH}?fields=timezone.name,network`, { key });
  expect(some.json).toEqual({ network: some.json.network, timezone: { name: "Europe/London" } });
});

test("the tag of an answer is that of its keys", async () => {
  const { key } = customer;
  const restricted = await ask(mesh, ADDRESS_PATH, { key });
  const whole = await ask(mesh, ADDRESS_PATH);
  const etag = `${whole.headers.get("etag")}`;
  expect(restricted.headers.get("etag")).not.toBe(etag);
  const again = await ask(mesh, ADDRESS_PATH, { key, headers: { "if-none-match": etag } });
  expect([again.status, again.json]).toEqual([200, restricted.json]);
});

/** Units that the account has left this month, by an address that costs none. */
async function unitsLeft(): Promise<string | undefined> {
  const { headers } = await ask(mesh, "/v1/locations/10.0.0.1", { key: customer.key });
  const left = /"month";r=(\d+)/.exec(`${headers.get("ratelimit")}`)?.[1];
  expect(left, "the answer tells the units of the month").toBeDefined();
  return left;
}

const streamed = (query: string) =>
  fetch(`${mesh.baseUrl}${STREAM}${query}`, {
    method: "POST",
    headers: { "x-api-key": customer.key, "content-type": "application/x-ndjson" },
    body: `${PLACED}\n`,
    signal: AbortSignal.timeout(10_000),
  }).then(async (response) => ({ status: response.status, text: await response.text() }));

const post = (path: string, body: object, headers = {}) => ({
  ...{ name: `${path} ${JSON.stringify(headers)}` },
  send: () => ask(mesh, path, { key: customer.key, body, headers }),
});
const get = (path: string) => ({
  ...{ name: path },
  send: () => ask(mesh, path, { key: customer.key }),
});
const one = { ip_addresses: [PLACED] };

test.each([
  { ...get(`${ADDRESS_PATH}?fields=city`), group: "place", field: "fields" },
  { ...get(`${ADDRESS_PATH}?fields=*,flag.emoji`), group: "flag", field: "fields" },
  { ...get(`${ADDRESS_PATH}?fields=timezone,names.city`), group: "place", field: "fields" },
  { ...get(`${ADDRESS_PATH}/city`), group: "place", field: "field" },
  { ...get(`${ADDRESS_PATH}/security.is_vpn`), group: "security", field: "field" },
  { ...post(BATCH, { ...one, fields: "currency" }), group: "currency", field: "fields" },
  {
    ...post(BATCH, { ...one, fields: "latitude" }, { accept: "text/csv" }),
    ...{ group: "place", field: "fields" },
  },
  {
    name: "a stream of lines",
    send: async () => {
      const { status, text } = await streamed("?fields=security");
      return { status, json: JSON.parse(text) };
    },
    ...{ group: "security", field: "fields" },
  },
])(
  "naming a key that the plan does not allow is refused: $name",
  async ({ send, group, field }) => {
    const before = await unitsLeft();
    const { status, json } = await send();
    expect(await unitsLeft()).toBe(before);
    expect([status, json.code, json.detail]).toEqual([
      ...[403, "plan_forbidden", `the plan does not allow keys of "${group}"`],
    ]);
    const detail = expect.stringContaining(
      `of the group "${group}", which the plan does not allow`,
    );
    expect(json.errors).toEqual([{ field, detail }]);
  },
);

test("Connect and gRPC refuse it as well", async () => {
  const { key } = customer;
  const body = { ip_address: PLACED, fields: "city" };
  const connect = await ask(mesh, `${RPC}/GetLocation`, { key, body });
  expect([connect.status, connect.json.code]).toEqual([403, "permission_denied"]);
  const client = createClient(GeoService, createGrpcTransport({ baseUrl: mesh.baseUrl }));
  const headers = { "x-api-key": key };
  const asked = client.batchGetLocations(
    { ipAddresses: [PLACED], fields: { paths: ["flag"] } },
    { headers },
  );
  await expect(asked).rejects.toThrow('the plan does not allow keys of "flag"');
  const { results } = await client.batchGetLocations(
    { ipAddresses: [PLACED], fields: { paths: ["connection"] } },
    { headers },
  );
  const [{ result } = {}] = results;
  expect(Object.keys(result?.value ?? {})).toEqual(["$typeName", "connection"]);
});

test("where nothing is left, a request is wrong, as on any plan", async () => {
  const { key } = customer;
  const path = `${ADDRESS_PATH}?exclude_fields=${KEYS.join(",")}`;
  const { status, json } = await ask(mesh, path, { key });
  expect([status, json.code, json.errors]).toEqual([
    ...[400, "invalid_argument", [{ field: "fields", detail: "leaves no key" }]],
  ]);
});

test("a plan that is changed holds for its next request", async () => {
  const { json: account } = await ask(mesh, `/v1/accounts/${customer.accountId}`, {
    key: mesh.adminKey,
  });
  const path = `/v1/plans/${account.plan_id}`;
  const admin = { key: mesh.adminKey, method: "PATCH" };
  const changed = await ask(mesh, path, { ...admin, body: { field_groups: ["place"] } });
  expect([changed.status, changed.json.field_groups]).toEqual([200, ["place"]]);
  const { key } = customer;
  await expect
    .poll(async () => (await ask(mesh, `${ADDRESS_PATH}/country_code`, { key })).text)
    .toBe("GB\n");
  expect((await ask(mesh, `${ADDRESS_PATH}/timezone.name`, { key })).status).toBe(403);
  const wrong = await ask(mesh, path, { ...admin, body: { field_groups: ["places"] } });
  expect([wrong.status, wrong.json.errors[0].field]).toEqual([400, "field_groups[0]"]);
});
