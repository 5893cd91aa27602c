import { writeFileSync } from "node:fs";
import path from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { meshEnvironment } from "@geomesh/launcher/testing/mesh-environment";
import { ChangeCommittedSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { createAuthority } from "@geomesh/servers/certificates";
import { portAnswers } from "@geomesh/servers/child";
import { findNatsServer, spawnNats } from "@geomesh/servers/nats";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { type HeardMessage, hearNats } from "@geomesh/testing/hear-nats";
import { connectNats } from "@geomesh/testing/nats-client";
import { TestServer } from "@geomesh/testing/test-server";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask, countedUnits } from "../support/api.ts";
import { startTestMesh, type TestMesh } from "../support/mesh.ts";

const LONDON = "/v1/locations/81.2.69.142";
const HINT = ChangeCommittedSchema.typeName;
const USAGE = UsageRecordedSchema.typeName;
const FORGED_UNITS = 1_000_000;
/** Enough for four processes to have tried twice each: the waits between are 2 s at most. */
const CONNECTIONS_MIN = 8;

let mesh: TestMesh;
let port: number;

beforeAll(async () => {
  const environment = await meshEnvironment();
  port = Number(environment["NATS_PORT"]);
  mesh = await startTestMesh(environment);
}, 60_000);
afterAll(() => mesh.close());

/** A real nats-server of somebody else at the port of the mesh's own. It lets in everybody and acknowledges everything. */
async function impostor(hasTls: boolean) {
  const monitor = await freePort();
  const server = new TestServer({
    name: "impostor",
    spawn: (dir, how) => {
      const binary = findNatsServer(process.env["PATH"] ?? "") ?? "";
      const configFile = path.join(dir, "nats.conf");
      return spawnNats({ binary, dataDir: path.join(dir, "data"), port, configFile }, how);
    },
    isReady: () => portAnswers(port),
  });
  const file = (name: string) => path.join(server.dir, name);
  const authority = createAuthority("NATS of this mesh");
  const { cert, key } = authority.issue("127.0.0.1", "localhost");
  writeFileSync(file("ca.pem"), authority.cert);
  writeFileSync(file("cert.pem"), cert);
  writeFileSync(file("key.pem"), key);
  const tls = hasTls ? { certFile: file("cert.pem"), keyFile: file("key.pem") } : undefined;
  const lines = tls ? `tls { cert_file: "${tls.certFile}", key_file: "${tls.keyFile}" }` : "";
  writeFileSync(file("nats.conf"), `http: "127.0.0.1:${monitor}"\n${lines}`);
  await server.start();
  onTestFinished(() => server.stop());
  return {
    url: `nats://127.0.0.1:${port}`,
    caFile: hasTls ? file("ca.pem") : undefined,
    stop: () => server.stop(),
    async connections(): Promise<number> {
      const answer = await fetch(`http://127.0.0.1:${monitor}/varz`);
      return ((await answer.json()) as { total_connections: number }).total_connections;
    },
  };
}

const isUsage = ({ subject }: HeardMessage) => subject === USAGE;

/** A change of another history, which would make every follower load its keys anew. */
const forgedHint = () =>
  toBinary(
    ChangeCommittedSchema,
    create(ChangeCommittedSchema, { historyId: "f".repeat(32), revision: 1n }),
  );

/** What bills a million units in the name of whoever published a block: its next one, with all that shows who it is. */
function blockAfter(heard: HeardMessage | undefined): Uint8Array {
  const real = heard && fromBinary(UsageRecordedSchema, heard.data);
  const minute = BigInt(Math.floor(Date.now() / 60_000));
  const kind = { minute, accountId: mesh.accountId, keyId: "key_x", operation: "GetLocation" };
  return toBinary(
    UsageRecordedSchema,
    create(UsageRecordedSchema, {
      gatewayId: real?.gatewayId ?? "gateway_forged",
      epoch: real?.epoch ?? 1n,
      firstSequence: (real?.firstSequence ?? 1n) + BigInt(real?.kindIndexes.length ?? 0),
      format: 1,
      kinds: [{ ...kind, status: 200, units: FORGED_UNITS, leaseNumber: 0n }],
      kindIndexes: [0],
    }),
  );
}

test.each([
  ["in clear", false],
  ["with a certificate of its own for the same names", true],
])(
  "whoever takes the port of NATS while it is stopped, %s, hears nothing and is believed nothing",
  async (_, hasTls) => {
    const before = await countedUnits(mesh, mesh.demoKey);
    await mesh.stop("nats");
    const { url, caFile, stop, connections } = await impostor(hasTls);
    const heard = await hearNats(url, ">", caFile);
    // Whoever believes it says so, and the others come again and again.
    const untilTried = async (isBelieved: () => boolean | Promise<boolean>) => {
      const seen = await connections();
      const isRefused = async () => (await connections()) > seen + CONNECTIONS_MIN;
      await eventually(async () => (await isBelieved()) || (await isRefused()), {
        deadlineMs: 20_000,
      });
    };
    expect((await ask(mesh, LONDON)).status).toBe(200);
    await untilTried(() => heard.some(isUsage));
    expect.soft(heard.map(({ subject }) => subject)).toEqual([]);

    const forger = await connectNats(url, "test", caFile);
    const block = heard.find(isUsage);
    const headers = block?.headers;
    headers?.set("Nats-Msg-Id", "forged");
    forger.publish(HINT, forgedHint());
    forger.publish(USAGE, blockAfter(block), headers && { headers });
    await forger.drain();
    const units = () => countedUnits(mesh, mesh.demoKey);
    await untilTried(async () => (await units()) > before + 1);
    expect.soft(await units()).toBe(before);
    await stop();
    await mesh.start("nats");
    expect((await ask(mesh, LONDON)).status).toBe(200);
    await eventually(async () => expect(await countedUnits(mesh, mesh.demoKey)).toBe(before + 2), {
      deadlineMs: 20_000,
    });
  },
  90_000,
);
