import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { nkeys } from "nats";
import { expect, onTestFinished, test } from "vitest";
import { connectOptions, readCredential } from "./connect-options.ts";

test.each([
  ["a name and a port", "nats://nats:4222", { servers: "nats:4222" }],
  ["the default port", "nats://nats", { servers: "nats" }],
  ["IPv6", "nats://[::1]:4222", { servers: "[::1]:4222" }],
  ["a user", "nats://geo:secret@nats:4222", { servers: "nats:4222" }],
  ["TLS", "tls://nats:4222", { servers: "nats:4222", tls: { host: "nats" } }],
  ["TLS at an IPv6 address", "tls://[::1]", { servers: "[::1]", tls: { host: "::1" } }],
])("a URL may have %s", async (_, url, expected) => {
  const options = await connectOptions({ url, name: "test" }, { description: "" });
  expect(options).toMatchObject({ name: "test", inboxPrefix: "_INBOX_test", ...expected });
});

test.each([
  ["an empty file", ""],
  ["a file in another form", "not PEM"],
  ["a damaged file", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
])(
  "authorities in %s are told in a sentence, and none of the machine are taken instead",
  async (_, text) => {
    const caFile = fileOf(text);
    const options = connectOptions(
      { url: "tls://nats", caFile, name: "test" },
      { description: "" },
    );
    await expect(options).rejects.toThrow(`NATS_CA_FILE: ${caFile} holds no certificate`);
  },
);

const user = nkeys.createUser();
const [seed, publicKey] = [Buffer.from(user.getSeed()).toString(), user.getPublicKey()];
const NONCE = "a-nonce";

function fileOf(text: string): string {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-nats-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = path.join(dir, "file");
  writeFileSync(file, text);
  return file;
}

test("a user and a password come from the URL, and may hold any character", async () => {
  const url = "nats://geo:p%40ss%2Fword@nats:4222";
  const { authenticator, description } = await readCredential({ url });
  expect(authenticator?.()).toEqual({ user: "geo", pass: "p@ss/word" });
  expect(description).toBe("user geo of NATS_URL");
});

test("a seed comes from the URL or from a file, and what is sent is the public key and a signature", async () => {
  const file = fileOf(`${seed}\n`);
  for (const access of [
    { url: `nats://${seed}@nats` },
    { url: "nats://geo:secret@nats", seedFile: file },
  ]) {
    const { authenticator, description } = await readCredential(access);
    const sent = authenticator?.(NONCE);
    expect(sent).toEqual({ nkey: publicKey, sig: expect.stringMatching(/^[\w+/]{86}==$/) });
    expect(description).toMatch(new RegExp(`^${publicKey} of NATS_(URL|NKEY_SEED_FILE: /.*)$`));
    expect(JSON.stringify([sent, description])).not.toContain(seed);
  }
});

test("without a credential nothing is sent", async () => {
  expect(await readCredential({ url: "nats://nats" })).toEqual({ description: "none is set" });
});

test.each([
  [
    "a file that is missing",
    () => ({ url: "nats://nats", seedFile: "/nowhere/geo.seed" }),
    "NATS_NKEY_SEED_FILE: /nowhere/geo.seed cannot be read (ENOENT)",
  ],
  [
    "an empty file",
    () => ({ url: "nats://nats", seedFile: fileOf("") }),
    /^NATS_NKEY_SEED_FILE: \/.* holds no seed of an nkey$/,
  ],
  [
    "a seed that lacks its last letter",
    () => ({ url: `nats://${seed.slice(0, -1)}@nats` }),
    "NATS_URL holds no seed of an nkey",
  ],
])("%s is told in a sentence without the secret", async (_, access, message) => {
  const error = await readCredential(access()).catch((caught) => caught);
  expect(() => {
    throw error;
  }).toThrow(message);
  expect(inspect(error)).not.toContain(seed.slice(0, -1));
});
