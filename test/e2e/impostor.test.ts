import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";
import process from "node:process";
import { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { createDirectoryStandIn } from "@geomesh/testing/directory-stand-in";
import { eventually } from "@geomesh/testing/eventually";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, createCustomer } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const NOBODY = 65534;
const LOCATION = "/v1/locations/81.2.69.142";

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startTestMesh();
}, 60_000);
afterAll(() => mesh.close());

/** Listens at the port of a process that is stopped, hands on what it hears, and counts who comes. */
async function squat(address: string, handOnTo?: number) {
  const heard = { connections: 0, bytes: 0 };
  const squatter = createServer((connection) => {
    heard.connections += 1;
    connection.on("data", (chunk) => {
      heard.bytes += chunk.length;
    });
    connection.on("error", () => undefined);
    if (handOnTo === undefined) return;
    const onward = connect(handOnTo, "127.0.0.1").on("error", () => connection.destroy());
    connection.pipe(onward).pipe(connection);
  });
  const [host, port] = address.split(":");
  squatter.listen(Number(port), host);
  await once(squatter, "listening");
  const close = () => new Promise((resolve) => squatter.close(resolve));
  onTestFinished(async () => void (await close()));
  return { heard, close, port: (squatter.address() as AddressInfo).port };
}

test("whoever takes auth's port while auth is stopped hears nothing, and no key of theirs works", async () => {
  const standIn = await createDirectoryStandIn();
  const forged = generateApiKey("live");
  standIn.commit({
    $case: "key",
    value: {
      key: Key.fromPartial({
        keyId: "key_forged",
        accountId: "acct_geomeshoperator",
        scopes: ["admin"],
      }),
      secretSha256: apiKeyHash(forged),
    },
  });
  await standIn.start();
  onTestFinished(() => standIn.stop());

  await mesh.stop("auth");
  const standInPort = Number(standIn.address.split(":")[1]);
  const { heard, close } = await squat(mesh.addresses.auth, standInPort);
  // Once unknown keys are 503, the gateway has been looking for auth for five seconds.
  const unknown = generateApiKey("live");
  await eventually(async () => (await ask(mesh, LOCATION, { key: unknown })).status === 503, {
    deadlineMs: 20_000,
  });
  expect((await ask(mesh, "/v1/plans", { key: forged })).status).toBe(503);
  expect(standIn.asked).toEqual([]);
  expect(heard).toEqual({ connections: 0, bytes: 0 });

  await close();
  await mesh.start("auth");
  await eventually(async () => (await ask(mesh, LOCATION, { key: forged })).status === 401, {
    deadlineMs: 20_000,
  });
  expect((await ask(mesh, LOCATION)).status).toBe(200);
}, 90_000);

test("whoever takes metering's port while metering is stopped hears nothing, and leases nothing", async () => {
  const { key } = await createCustomer(mesh, { quota_mode: "HARD", monthly_quota: "1000" });
  expect((await ask(mesh, LOCATION, { key })).status).toBe(200);
  await mesh.stop("metering");
  const { heard, close } = await squat(mesh.addresses.metering);
  // When the lease has ended, the gateway has asked for another.
  await eventually(async () => (await ask(mesh, LOCATION, { key })).status === 503, {
    deadlineMs: 30_000,
  });
  expect(heard).toEqual({ connections: 0, bytes: 0 });

  await close();
  await mesh.start("metering");
  await eventually(async () => (await ask(mesh, LOCATION, { key })).status === 200, {
    deadlineMs: 20_000,
  });
}, 90_000);

test("what processes know each other by is for this user alone", () => {
  const trust = path.join(mesh.dataDir, "trust");
  expect(statSync(trust).mode & 0o777).toBe(0o700);
  const files = readdirSync(trust);
  const sockets = ["auth.sock", "geo.sock", "metering.sock"];
  const tokens = ["gateway-auth-token", "gateway-metering-token", "metering-auth-token"];
  expect(files).toEqual(expect.arrayContaining([...sockets, ...tokens]));
  for (const file of files) {
    expect(statSync(path.join(trust, file)).mode & 0o777, file).toBe(0o600);
  }
});

// Only root can become another user; the modes that keep others out are checked above in any case.
test("another user can neither connect nor listen at a socket, whether its process is there or not", async () => {
  const isRoot = process.getuid?.() === 0;
  // As the data directory of `npm start` is: others may pass through, as PostgreSQL must.
  chmodSync(mesh.dataDir, 0o711);
  const socket = path.join(mesh.dataDir, "trust", "auth.sock");
  const attempt = (how: string) =>
    spawnSync(process.execPath, ["-e", `${how}.on("error", (error) => console.log(error.code))`], {
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
      encoding: "utf8",
      cwd: "/",
    }).stdout.trim();
  const connecting = `net.connect(${JSON.stringify(socket)}, function () { console.log("connected"); this.end(); })`;
  const listening = `net.createServer().listen(${JSON.stringify(socket)}, function () { console.log("listens"); this.close(); })`;
  expect(attempt(connecting)).toBe(isRoot ? "EACCES" : "connected");
  await mesh.stop("auth");
  expect(attempt(listening)).toBe(isRoot ? "EACCES" : "listens");
  await mesh.start("auth");
}, 60_000);
