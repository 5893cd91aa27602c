import { createConnection } from "node:net";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { connectNats, refusedSubjects } from "@geomesh/testing/nats-client";
import {
  type Authenticator,
  connect,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "nats";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newNatsKey } from "./nats-key.ts";
import { NATS_PROCESSES, type NatsProcess, natsRights } from "./nats-rights.ts";

/** Messages of events.proto files that are no events. */
const PARTS_OF_EVENTS = ["geomesh.metering.v1.UsageKind"];

const USAGE = "geomesh.metering.v1.UsageRecorded";
const HINT = "geomesh.auth.v1.ChangeCommitted";
const STREAMS = {
  AUTH: "geomesh.auth.v1.KeyRevoked.*",
  USAGE,
  GEO: "geomesh.geo.v1.DatasetChanged",
};

/** What each process may publish to, for the operations of the mesh. Whatever stands here for no process is refused to all. */
const MAY_PUBLISH: Record<NatsProcess, string[]> = {
  gateway: [USAGE],
  geo: ["geomesh.geo.v1.DatasetChanged"],
  auth: [
    HINT,
    "geomesh.auth.v1.AccountCreated.acct_1",
    "geomesh.auth.v1.AccountSuspended.acct_1",
    "geomesh.auth.v1.AccountReactivated.acct_1",
    "geomesh.auth.v1.AccountClosed.acct_1",
    "geomesh.auth.v1.KeyCreated.acct_1",
    "geomesh.auth.v1.KeyRevoked.acct_1",
    ...["AUTH", "GEO"].flatMap((stream) => [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.STREAM.CREATE.${stream}`,
      `$JS.API.STREAM.UPDATE.${stream}`,
    ]),
  ],
  metering: [
    "$JS.API.STREAM.INFO.USAGE",
    "$JS.API.STREAM.CREATE.USAGE",
    "$JS.API.STREAM.UPDATE.USAGE",
    "$JS.API.CONSUMER.INFO.USAGE.metering",
    `$JS.API.CONSUMER.CREATE.USAGE.metering.${USAGE}`,
    "$JS.API.CONSUMER.MSG.NEXT.USAGE.metering",
    "$JS.ACK.USAGE.metering.1.1.1.1.1",
    "$JS.API.STREAM.MSG.GET.USAGE",
  ],
};

const ATTACKS = [
  ...Object.values(MAY_PUBLISH).flat(),
  ...Object.keys(STREAMS).flatMap((stream) => [
    `$JS.API.STREAM.DELETE.${stream}`,
    `$JS.API.STREAM.PURGE.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.STREAM.MSG.DELETE.${stream}`,
    `$JS.API.STREAM.SNAPSHOT.${stream}`,
    `$JS.API.STREAM.RESTORE.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.thief`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.metering`,
    `$JS.API.CONSUMER.DELETE.${stream}.metering`,
    `$JS.API.CONSUMER.LIST.${stream}`,
  ]),
  "$JS.API.INFO",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.STREAM.CREATE.THIEF",
  "$JS.FC.USAGE.metering",
  "$SYS.REQ.SERVER.PING",
  "$SYS.REQ.USER.INFO",
  "_INBOX.x",
  ...NATS_PROCESSES.map((name) => `_INBOX_${name}.x.1`),
  "geomesh.auth.v1.KeyRevoked",
  "anything",
];

const MAY_HEAR: Record<NatsProcess, string[]> = {
  gateway: [HINT, "_INBOX_gateway.x.*"],
  geo: ["_INBOX_geo.x.*"],
  auth: [HINT, "_INBOX_auth.x.*"],
  metering: [HINT, "_INBOX_metering.x.*"],
};

const EAVESDROPPING = [
  ...new Set(Object.values(MAY_HEAR).flat()),
  ...[">", "*", "*.>", "geomesh.>", "geomesh.auth.v1.*", "geomesh.auth.v1.>", USAGE],
  ...["geomesh.auth.v1.KeyRevoked.*", "geomesh.geo.v1.DatasetChanged"],
  ...["_INBOX.>", "_INBOX_*.>", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$JS.ACK.>", "$SYS.>"],
];

let nats: TestNats;
let operator: NatsConnection;

beforeAll(async () => {
  nats = await startTestNats();
  operator = await connectNats(nats.url);
  const { streams, consumers } = await operator.jetstreamManager();
  for (const [name, subject] of Object.entries(STREAMS)) {
    await streams.add({ name, subjects: [subject] });
  }
  await consumers.add("USAGE", { durable_name: "metering", filter_subject: USAGE });
  await operator.request(USAGE, "a block");
});
afterAll(async () => {
  await operator.close();
  await nats.stop();
});

async function connectAs(process: NatsProcess): Promise<NatsConnection> {
  const connection = await connectNats(nats.urlOf(process), process);
  onTestFinished(() => connection.close());
  return connection;
}

/** The streams and consumers with all that is in them. */
async function everything() {
  const manager = await operator.jetstreamManager();
  const found = [];
  for await (const { config, state } of manager.streams.list()) {
    const consumers = [];
    for await (const consumer of manager.consumers.list(config.name)) {
      const { name, delivered } = consumer;
      consumers.push({ name, delivered, config: consumer.config });
    }
    found.push({ config, state, consumers });
  }
  return found;
}

const STRANGER = nkeyAuthenticator(Buffer.from(newNatsKey().seed));
/** The public key of auth, which is no secret, with a signature by another key. */
const pretender: Authenticator = (nonce) => {
  const seed = Buffer.from(new URL(nats.urlOf("auth")).username);
  return { sig: "", ...STRANGER(nonce), nkey: nkeys.fromSeed(seed).getPublicKey() };
};

test.each<[string, Authenticator | undefined]>([
  ["no credential", undefined],
  ["an nkey that the server does not know", STRANGER],
  ["the public key of auth without its seed", pretender],
  ["the name of a process as user", usernamePasswordAuthenticator("auth", "")],
  ["the name and an empty token", tokenAuthenticator("")],
])("with %s nobody connects", async (_, authenticator) => {
  const options = { servers: `127.0.0.1:${nats.port}`, reconnect: false };
  const connected = connect({ ...options, ...(authenticator && { authenticator }) });
  await expect(connected).rejects.toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
});

test("what is said on a connection before it has proven a credential is not heard", async () => {
  const heard: string[] = [];
  operator.subscribe("geomesh.>", { callback: (_, { subject }) => void heard.push(subject) });
  await operator.flush();
  const socket = createConnection(nats.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  // The server may end it before it has read all.
  socket.on("error", () => undefined);
  const ended = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`CONNECT {"verbose":false}\r\nSUB > 1\r\nPUB ${HINT} 0\r\n\r\nPING\r\n`);
  await ended;
  await operator.flush();
  expect(answer).toMatch(/^INFO /);
  // At the beginning of a line: the id of the server is random letters.
  expect(answer).not.toMatch(/^(?:\+OK|PONG|MSG)/m);
  expect(heard).toEqual([]);
});

test("every event of the contract is published by one process", () => {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
  const events = [...registry.files]
    .filter(({ name }) => /^geomesh\/.*\/events$/.test(name))
    .flatMap(({ messages }) => messages.map(({ typeName }) => typeName))
    .filter((name) => !PARTS_OF_EVENTS.includes(name));
  const published = NATS_PROCESSES.flatMap((process) => natsRights(process).publish)
    .filter((subject) => subject.startsWith("geomesh."))
    .map((subject) => subject.replace(/\.\*$/, ""));
  expect(published.toSorted()).toEqual(events.toSorted());
});

describe.each(NATS_PROCESSES)("the credential of %s", (process) => {
  test("publishes to the subjects of its own part, and to nothing else", async () => {
    const connection = await connectAs(process);
    const heard: string[] = [];
    const refused = refusedSubjects(connection);
    const attacks = ATTACKS.filter((subject) => !MAY_PUBLISH[process].includes(subject));
    const before = await everything();
    operator.subscribe(">", { callback: (_, { subject }) => void heard.push(subject) });
    await operator.flush();
    for (const subject of attacks) connection.publish(subject, "forged");
    await connection.flush();
    await operator.flush();
    const wanted = [...new Set(attacks)].toSorted();
    await eventually(() => expect([...new Set(refused)].toSorted()).toEqual(wanted));
    expect(heard.filter((subject) => attacks.includes(subject))).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  test("is refused nothing that its part needs", async () => {
    const connection = await connectAs(process);
    const refused = refusedSubjects(connection);
    // Without a body JetStream changes nothing.
    for (const subject of MAY_PUBLISH[process]) connection.publish(subject);
    for (const subject of MAY_HEAR[process]) connection.subscribe(subject);
    connection.publish("the.last.of.all");
    await eventually(() => expect(refused).toEqual(["the.last.of.all"]));
  });

  test("hears the events of its own part and its own inbox, and nothing else", async () => {
    const connection = await connectAs(process);
    const refused = refusedSubjects(connection);
    const others = EAVESDROPPING.filter((subject) => !MAY_HEAR[process].includes(subject));
    for (const subject of others) {
      connection.subscribe(subject, { callback: () => undefined });
      connection.subscribe(subject, { queue: "metering", callback: () => undefined });
    }
    await connection.flush();
    await eventually(() => expect([...new Set(refused)].toSorted()).toEqual(others.toSorted()));
  });
});
