import { Code, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LeaseServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { createTsProtoClient } from "@geomesh/runtime/grpc/client";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, countedUnits, createCustomer } from "../support/api.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const HOUR_MS = 3_600_000;
const WAIT = { deadlineMs: 30_000 };

let mesh: TestMesh;
let settings: Record<string, string>;
beforeAll(async () => {
  settings = await meshEnvironment();
  mesh = await startTestMesh(settings);
}, 60_000);
afterAll(() => mesh.close());

async function gatewayOf(options: { aheadMs?: number } = {}): Promise<TestGateway> {
  const gateway = await startGateway(mesh, settings, options);
  const end = gateway.close;
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= end());
  onTestFinished(close);
  return Object.assign(gateway, { close });
}

interface At {
  readonly baseUrl: string;
}

/** One lookup of a public address; answers its status, and its code where it is refused. */
async function lookup({ baseUrl }: At, key: string, address = "8.8.8.8"): Promise<string> {
  const { status, json } = await ask({ baseUrl, demoKey: key }, `/v1/locations/${address}`);
  return status === 200 ? "200" : `${status} ${json.code}`;
}

/** How often each answer came to so many lookups, ten at a time. */
async function tally(at: At, key: string, count: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  const asking = Array.from({ length: 10 }, async () => {
    for (let i = 0; i < count / 10; i += 1) {
      const answer = await lookup(at, key);
      seen[answer] = (seen[answer] ?? 0) + 1;
    }
  });
  await Promise.all(asking);
  return seen;
}

const knows = (gateway: At, key: string) =>
  eventually(
    async () => expect(await lookup(gateway, key, "10.0.0.1")).not.toMatch(/^401|AUTH/),
    WAIT,
  );

test.each([
  ["26 h ahead", 26 * HOUR_MS],
  ["26 h behind", -26 * HOUR_MS],
])(
  "a gateway whose clock is %s is not ready and refuses; all of the quota is answered and billed elsewhere",
  async (_how, aheadMs) => {
    const { key } = await createCustomer(mesh, { monthly_quota: "300" });
    const a = await gatewayOf({ aheadMs });
    await eventually(async () => expect((await a.readyz()).text).toContain("clock"), WAIT);
    expect((await a.readyz()).status).toBe(503);
    await eventually(async () => expect(await lookup(a, key)).toBe("503 clock_wrong"), WAIT);
    expect(await tally(a, key, 400)).toEqual({ "503 clock_wrong": 400 });
    expect(await tally(mesh, key, 400)).toEqual({ "200": 300, "429 quota_exceeded": 100 });
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(300), WAIT);
    a.aheadMs = 0;
    await eventually(async () => expect((await a.readyz()).status).toBe(200), WAIT);
    // After the jump its keys are too old, too, until auth has said otherwise.
    await eventually(async () => expect(await lookup(a, key)).toBe("429 quota_exceeded"), WAIT);
    expect(await countedUnits(mesh, key)).toBe(300);
  },
  90_000,
);

test("a clock that jumps while the gateway serves stops it at once, and nothing is lost or billed twice", async () => {
  const { key } = await createCustomer(mesh, { monthly_quota: "300" });
  const a = await gatewayOf();
  await knows(a, key);
  await eventually(async () => expect(await lookup(a, key)).toBe("200"), WAIT);
  const before = await tally(a, key, 50);
  expect(before).toEqual({ "200": 50 });
  a.aheadMs = 26 * HOUR_MS;
  // Its keys are too old by the same clock, until auth has said otherwise.
  const refused = await tally(a, key, 50);
  expect(Object.keys(refused).filter((each) => !each.startsWith("503 "))).toEqual([]);
  await eventually(async () => expect(await lookup(a, key)).toBe("503 clock_wrong"), WAIT);
  a.aheadMs = 0;
  await eventually(async () => expect(await lookup(a, key)).toBe("200"), WAIT);
  let answered = 52;
  // What its lease held by the wrong clock's time may be on its way back.
  await eventually(async () => {
    answered += (await tally(a, key, 50))["200"] ?? 0;
    expect(answered).toBeGreaterThanOrEqual(300);
  }, WAIT);
  expect([answered, await lookup(a, key)]).toEqual([300, "429 quota_exceeded"]);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(300), WAIT);
}, 90_000);

test("a gateway that ends returns what it holds, and its epoch is used up", async () => {
  const { key } = await createCustomer(mesh, { monthly_quota: "1000" });
  const leases = createTsProtoClient(LeaseServiceService, {
    address: mesh.addresses.metering,
    token: mesh.operatorToken,
    deadlineMs: 5_000,
  });
  onTestFinished(() => leases.close());
  const held = async () => (await leases.listEpochs({ gatewayId: "" })).epochs;
  const others = (await held()).map(({ gatewayId }) => gatewayId);
  const a = await gatewayOf();
  await knows(a, key);
  await eventually(async () => expect(await lookup(a, key)).toBe("200"), WAIT);
  const mine = (await held()).filter(({ gatewayId }) => !others.includes(gatewayId));
  expect(mine).toMatchObject([{ epoch: 1n, isClosed: false }]);
  expect(mine[0]?.unitsLent).toBeGreaterThan(0n);
  const [{ gatewayId = "" } = {}] = mine;
  await expect(leases.forgetEpoch({ gatewayId, epoch: 1n })).rejects.toMatchObject({
    reason: "EPOCH_LIVE",
  });
  await a.close();
  await eventually(
    async () => expect((await leases.listEpochs({ gatewayId })).epochs).toEqual([]),
    WAIT,
  );
  expect(await countedUnits(mesh, key)).toBe(1);
}, 90_000);

const MIXED = [
  ...["8.8.8.8", "1.1.1.1"],
  ...[1, 2, 3, 4, 5].map((n) => `10.0.0.${n}`),
  ...["nonsense", "1.2.3", "::g"],
];
const transports = {
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
};

test("by REST, a batch costs what it locates, and what is free is answered when nothing is left", async () => {
  const { key } = await createCustomer(mesh, { monthly_quota: "3" });
  const batch = async (addresses: string[]) => {
    const body = { ip_addresses: addresses };
    return await ask(mesh, "/v1/locations:batchGet", { key, body });
  };
  const first = await batch(MIXED);
  expect([first.status, first.json.results.length]).toEqual([200, MIXED.length]);
  expect(first.headers.get("ratelimit")).toMatch(/"month";r=1;t=\d+$/);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(2), WAIT);
  expect(await lookup(mesh, key)).toBe("200");
  for (const refused of [await batch(["8.8.8.8"]), await batch(MIXED)]) {
    expect([refused.status, refused.json.code]).toEqual([429, "quota_exceeded"]);
  }
  expect((await batch(MIXED.slice(2))).status).toBe(200);
  const answers = ["8.8.8.8", "10.0.0.1", "nonsense"].map((each) => lookup(mesh, key, each));
  const expected = ["429 quota_exceeded", "200", "400 invalid_argument"];
  expect(await Promise.all(answers)).toEqual(expected);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(3), WAIT);
});

test.each(Object.entries(transports))("the same by %s", async (_name, transport) => {
  const { key } = await createCustomer(mesh, { monthly_quota: "3" });
  const client = createClient(GeoService, transport(mesh.baseUrl));
  const asked = { headers: { authorization: `Bearer ${key}` } };
  const batch = (ipAddresses: string[]) => client.batchGetLocations({ ipAddresses }, asked);
  const single = (ipAddress: string) => client.getLocation({ ipAddress }, asked);
  expect((await batch(MIXED)).results).toHaveLength(MIXED.length);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(2), WAIT);
  await single("8.8.8.8");
  for (const refused of [batch(MIXED), single("8.8.8.8")]) {
    await expect(refused).rejects.toMatchObject({ code: Code.ResourceExhausted });
  }
  expect((await single("10.0.0.1")).location?.specialPurpose).toBe("Private-Use");
  await expect(single("nonsense")).rejects.toMatchObject({ code: Code.InvalidArgument });
  expect((await batch(MIXED.slice(2))).results).toHaveLength(8);
  await eventually(async () => expect(await countedUnits(mesh, key)).toBe(3), WAIT);
});

test.each(["through the same gateway", "through another one"])(
  "batches that cannot fit never keep single requests from an answer: %s",
  async (where) => {
    const { key } = await createCustomer(mesh, { monthly_quota: "1000" });
    const a = where === "through the same gateway" ? mesh : await gatewayOf();
    await knows(a, key);
    expect(await lookup(mesh, key)).toBe("200");
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(1), WAIT);
    const body = { ip_addresses: Array.from({ length: 1_000 }, () => "8.8.8.8") };
    const refused = new Set<string>();
    let isOver = false;
    const repeat = async () => {
      while (!isOver) {
        const target = { baseUrl: a.baseUrl, demoKey: key };
        const { status, json } = await ask(target, "/v1/locations:batchGet", { body });
        refused.add(`${status} ${json.code}`);
      }
    };
    const repeating = [repeat(), repeat()];
    const seen = await tally(mesh, key, 500);
    isOver = true;
    await Promise.all(repeating);
    expect(seen).toEqual({ "200": 500 });
    expect([...refused]).toEqual(["429 quota_exceeded"]);
    await eventually(async () => expect(await countedUnits(mesh, key)).toBe(501), WAIT);
  },
  60_000,
);

test("usage and quota of an account that does not exist are both not found", async () => {
  for (const what of ["usage", "quota"]) {
    const path = `/v1/accounts/acct_nobody/${what}`;
    const { status, json } = await ask(mesh, path, { key: mesh.adminKey });
    expect([what, status, json.code]).toEqual([what, 404, "account_not_found"]);
  }
});

test("a soft plan counts down to 0 and goes on", async () => {
  const { key } = await createCustomer(mesh, { monthly_quota: "3", quota_mode: "SOFT" });
  const left: (string | undefined)[] = [];
  for (let asked = 0; asked < 5; asked += 1) {
    const { headers } = await ask({ baseUrl: mesh.baseUrl, demoKey: key }, "/v1/locations/8.8.8.8");
    expect(headers.get("ratelimit-policy")).toContain('"month";q=3;');
    left.push(/"month";r=(\d+);/.exec(headers.get("ratelimit") ?? "")?.[1]);
  }
  expect(left).toEqual(["2", "1", "0", "0", "0"]);
});
