import { readFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { ChangeCommittedSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { eventually } from "@geomesh/testing/eventually";
import { connectNats, refusedSubjects } from "@geomesh/testing/nats-client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, countedUnits } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const LONDON = "/v1/locations/81.2.69.142";
const HINT = ChangeCommittedSchema.typeName;
const USAGE = UsageRecordedSchema.typeName;
const PROCESSES = ["gateway", "geo", "auth", "metering"] as const;

let mesh: TestMesh;
let port: number;
let opsPort: number;

beforeAll(async () => {
  const environment = await meshEnvironment();
  port = Number(environment["NATS_PORT"]);
  opsPort = Number(environment["AUTH_OPS_PORT"]);
  mesh = await startTestMesh(environment);
}, 60_000);
afterAll(() => mesh.close());

const hint = (historyId: string, revision: bigint) =>
  toBinary(ChangeCommittedSchema, create(ChangeCommittedSchema, { historyId, revision }));

const FORGED_HINTS = [hint("", 2n ** 64n - 1n), hint("f".repeat(32), 1n)];

/** A block that bills a million units to the demo account. */
function forgedBlock(): Uint8Array {
  const minute = BigInt(Math.floor(Date.now() / 60_000));
  const kind = { minute, accountId: mesh.accountId, keyId: "key_x", operation: "GetLocation" };
  return toBinary(
    UsageRecordedSchema,
    create(UsageRecordedSchema, {
      ...{ gatewayId: "gateway_forged", epoch: 1n, firstSequence: 1n, format: 1 },
      kinds: [{ ...kind, status: 200, units: 1_000_000, leaseNumber: 0n }],
      kindIndexes: [0],
    }),
  );
}

/** Attacks on what belongs to others, with what is published. */
const attacks = (): [subject: string, body: Uint8Array | string][] => [
  ...FORGED_HINTS.map((body): [string, Uint8Array] => [HINT, body]),
  [USAGE, forgedBlock()],
  [`geomesh.auth.v1.KeyRevoked.${mesh.accountId}`, "forged"],
  ...["USAGE", "AUTH", "GEO"].flatMap((stream): [string, string][] => [
    [`$JS.API.STREAM.PURGE.${stream}`, ""],
    [`$JS.API.STREAM.DELETE.${stream}`, ""],
    [`$JS.API.STREAM.MSG.DELETE.${stream}`, JSON.stringify({ seq: 1 })],
    [`$JS.API.CONSUMER.DELETE.${stream}.metering`, ""],
  ]),
  ["$JS.ACK.USAGE.metering.1.1.1.1.1", "+ACK"],
  ...PROCESSES.map((name): [string, string] => [`_INBOX_${name}.x.1`, '{"seq":1}']),
];

/** What each process may do of that, as part of its own work. */
const OWN: Record<(typeof PROCESSES)[number], string[]> = {
  gateway: [USAGE],
  geo: [],
  auth: [HINT, `geomesh.auth.v1.KeyRevoked.`],
  metering: ["$JS.ACK.USAGE.metering."],
};

async function connectAs(name: string) {
  const trust = path.join(mesh.dataDir, "trust");
  const seed = readFileSync(path.join(trust, `${name}-nats-seed`), "utf8").trim();
  const url = `tls://${seed}@127.0.0.1:${port}`;
  const connection = await connectNats(url, name, path.join(trust, "nats-ca.pem"));
  onTestFinished(() => connection.close());
  return connection;
}

/** Keys work and are refused as before, and the demo account is billed what it was answered. */
async function expectNothingChanged(): Promise<void> {
  const before = await countedUnits(mesh, mesh.demoKey);
  expect(await ask(mesh, LONDON)).toMatchObject({ status: 200 });
  const stranger = "gm_live_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
  expect(await ask(mesh, LONDON, { key: stranger })).toMatchObject({ status: 401 });
  await eventually(async () => expect(await countedUnits(mesh, mesh.demoKey)).toBe(before + 1));
}

test("a local user without a credential is refused before anything that it says is heard", async () => {
  const socket = connectSocket(port, "127.0.0.1");
  socket.write(`CONNECT {"verbose":true,"name":"auth"}\r\nSUB > 1\r\n`);
  for (const [subject, body] of attacks()) {
    socket.write(`PUB ${subject} reply ${Buffer.byteLength(body)}\r\n`);
    socket.write(body);
    socket.write("\r\n");
  }
  let said = "";
  socket.on("data", (bytes) => {
    said += bytes;
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  expect(said).toMatch(/^INFO /);
  expect(said).not.toMatch(/\+OK|MSG/);
  await expectNothingChanged();
});

test.each(PROCESSES)("the credential of %s does nothing that belongs to another", async (name) => {
  const connection = await connectAs(name);
  const refused = refusedSubjects(connection);
  const heard: string[] = [];
  const others = attacks().filter(([subject]) => !OWN[name].some((own) => subject.startsWith(own)));
  for (const [subject, body] of others) connection.publish(subject, body);
  for (const subject of [">", "geomesh.>", USAGE, "_INBOX.>", "$JS.>"]) {
    connection.subscribe(subject, { callback: (error) => void (error ?? heard.push(subject)) });
  }
  await eventually(() => expect(refused).toHaveLength(others.length + 5));
  await expectNothingChanged();
  expect(heard).toEqual([]);
});

test("hints with the credential of auth, of any history and revision, make no key, revoke none and load nothing", async () => {
  const connection = await connectAs("auth");
  const readings = async () => {
    const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
    return /^auth_directory_readings_total\{[^}]*\} (.*)$/m.exec(page)?.[1];
  };
  const before = await readings();
  expect(before).toBeDefined();
  for (let round = 0; round < 500; round++) {
    for (const forged of FORGED_HINTS) connection.publish(HINT, forged);
  }
  await connection.flush();
  await expectNothingChanged();
  expect(await readings()).toBe(before);
});
