import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEvents, type EventBus } from "@geomesh/runtime/events/bus";
import type { NatsAccess } from "@geomesh/runtime/events/connect-options";
import { createLog } from "@geomesh/runtime/log";
import { eventually } from "@geomesh/testing/eventually";
import { happened, natsForTest, TEST_STREAM } from "@geomesh/testing/test-bus";
import { expect, onTestFinished, test } from "vitest";
import { natsConfig } from "./nats-config.ts";
import { type NatsKey, newNatsKey } from "./nats-key.ts";
import type { NatsRights } from "./nats-rights.ts";

const RIGHTS: NatsRights = { publish: [happened.typeName], subscribe: ["_INBOX_test.>"] };
const configOf = (...keys: NatsKey[]) =>
  natsConfig(keys.map(({ publicKey }) => ({ name: "test", publicKey, rights: RIGHTS })));

/** A bus, and the lines that it logs. */
async function loggedBus(access: NatsAccess): Promise<{ bus: EventBus; lines: string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: "test", level: "warn", destination });
  const bus = await connectEvents({ ...access, name: "test", log });
  onTestFinished(() => bus.close());
  return { bus, lines };
}

function seedFile({ seed }: NatsKey): string {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-seed-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "test.seed");
  writeFileSync(file, seed);
  return file;
}

const refused = (message: string) => [{ reason: "nats_refused", message }];

test("a credential that NATS does not know is one sentence in the log and in readyz, until NATS knows it", async () => {
  const nats = await natsForTest();
  const key = newNatsKey();
  const file = seedFile(key);
  const { bus, lines } = await loggedBus({ url: nats.bareUrl, seedFile: file });
  const sentence = `NATS refuses this process's credential (${key.publicKey} of NATS_NKEY_SEED_FILE: ${file})`;
  await eventually(() => expect(bus.problems()).toEqual(refused(sentence)));
  expect(bus.connected).toBe(false);
  nats.configure(configOf(key));
  await eventually(() => expect([bus.connected, bus.problems()]).toEqual([true, []]));
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([sentence]);
  expect(lines.join()).not.toContain(key.seed);
});

test.each<[string, (url: string) => NatsAccess, RegExp]>([
  ["no credential", (url) => ({ url }), /credential \(none is set\)$/],
  [
    "a wrong password",
    (url) => ({ url: url.replace("//", "//geo:a-secret@") }),
    /credential \(user geo of NATS_URL\)$/,
  ],
  [
    "a seed file that is missing",
    (url) => ({ url, seedFile: "/nowhere/geo.seed" }),
    /^NATS_NKEY_SEED_FILE: \/nowhere\/geo\.seed cannot be read \(ENOENT\)$/,
  ],
])("%s is told without a secret", async (_, access, message) => {
  const nats = await natsForTest();
  const { bus, lines } = await loggedBus(access(nats.bareUrl));
  await eventually(() => expect(bus.problems()[0]?.message).toMatch(message));
  await eventually(() => expect(lines).toHaveLength(1));
  expect(lines.join()).not.toMatch(/a-secret|at .*:\d+:\d+/);
});

test("a NATS that cannot be reached refuses nobody", async () => {
  const nats = await natsForTest();
  const { bus, lines } = await loggedBus({ url: nats.bareUrl });
  await eventually(() => expect(bus.problems()).toHaveLength(1));
  await nats.stop();
  await eventually(() => expect(bus.problems()).toEqual([]));
  await eventually(() => expect(lines).toHaveLength(2));
});

test("a subject that NATS does not permit is told once, and what is published there fails at once", async () => {
  const nats = await natsForTest();
  const key = newNatsKey();
  nats.configure(configOf(key));
  const { bus, lines } = await loggedBus({ url: nats.bareUrl, seedFile: seedFile(key) });
  await eventually(() => bus.connected);
  const ensured = bus.ensureStream({ ...TEST_STREAM, signal: AbortSignal.timeout(300) });
  await expect(ensured).rejects.toMatchObject({ reason: "STREAM_UNAVAILABLE" });
  const sentence = "NATS does not permit this process to publish to $JS.API.STREAM.INFO.TEST";
  await eventually(() => expect(bus.problems()).toEqual(refused(sentence)));
  bus.subscribe(happened, () => undefined);
  bus.announce({ ...happened, typeName: "geomesh.test.v1.Other" }, "text");
  await eventually(() => expect(lines.filter((line) => line.includes(sentence))).toHaveLength(1));
  expect(bus.connected).toBe(true);
});

test("a credential is replaced while the process runs: the new file counts as soon as NATS drops the old user", async () => {
  const nats = await natsForTest();
  const [old, next] = [newNatsKey(), newNatsKey()];
  const file = seedFile(old);
  nats.configure(configOf(old, next));
  const { bus } = await loggedBus({ url: nats.bareUrl, seedFile: file });
  await eventually(() => bus.connected);
  const statuses: boolean[] = [];
  bus.onStatus((connected) => statuses.push(connected));
  writeFileSync(file, next.seed);
  nats.configure(configOf(next));
  await eventually(() => expect(statuses).toEqual([false, true]));
  expect(bus.problems()).toEqual([]);
});

test("a user with a password connects, too", async () => {
  const nats = await natsForTest();
  nats.configure('authorization { users: [{ user: "test", password: "p@ss/word" }] }');
  const url = nats.bareUrl.replace("//", "//test:p%40ss%2Fword@");
  const { bus } = await loggedBus({ url });
  await eventually(() => expect(bus.connected).toBe(true));
});
