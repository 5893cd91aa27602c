/**
 * A table of many keys, of which each that is asked for was not asked for lately, for `npm run bench -- cold-keys`. argv: the keys,
 * ten to an account; how many of them are asked for in each round; the rounds. Prints a line of JSON.
 */
import { randomBytes } from "node:crypto";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { apiKeyHash, generateApiKey, isWellFormedApiKey } from "@geomesh/terms/api-key";
import { createAuthenticator } from "../src/keys/authenticate.ts";
import { KeyTable } from "../src/keys/key-table.ts";
import { accountRecord, change, keyRecord, planRecord } from "../src/keys/testing/records.ts";

/** What a run found. */
export interface ColdKeysOutput {
  /** Of memory that the table takes, inside V8's heap and outside of it, for each key with its share of an account. */
  readonly bytesPerKey: number;
  /** Of each round: the mean time until it is known whose a credential is. */
  readonly usPerKey: readonly number[];
  /** Of each round, of that: the form and the checksum of the credential, and its hash. */
  readonly usOfHashing: readonly number[];
}

const KEYS_PER_ACCOUNT = 10;
/** Credentials that are made, then timed together: those of requests are in the processor's caches too. */
const TIMED_AT_ONCE = 250;
const STALENESS_MS_MAX = 60_000;
const CREATED = timestampFromMs(1_790_000_000_000);

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const [keys = 0, asked = 0, rounds = 0] = process.argv.slice(2).map(Number);
const secrets = Array.from({ length: asked }, () => generateApiKey("live"));
const before = memoryBytes();
const table = filled();
const bytesPerKey = (memoryBytes() - before) / keys;
const authenticate = createAuthenticator(
  { table, beatAgeMs: () => 0, clock: SYSTEM_CLOCK },
  { stalenessMaxMs: STALENESS_MS_MAX },
);
const [usPerKey, usOfHashing]: [number[], number[]] = [[], []];
// The first round is for the compiler.
for (let round = 0; round <= rounds; round += 1) {
  shuffle(secrets);
  const us = usOfEach((credential) => authenticate(credential).key.keyId);
  const hashing = usOfEach(
    (credential) => isWellFormedApiKey(credential) && apiKeyHash(credential),
  );
  if (round === 0) continue;
  usPerKey.push(us);
  usOfHashing.push(hashing);
}
process.stdout.write(`${JSON.stringify({ bytesPerKey, usPerKey, usOfHashing })}\n`);

function filled(): KeyTable {
  const table = new KeyTable();
  let revision = 0;
  const apply = (record: Parameters<typeof change>[1]) => {
    revision += 1;
    table.apply(change(revision, record));
  };
  apply(planRecord());
  const accounts = Math.ceil(keys / KEYS_PER_ACCOUNT);
  for (let account = 0; account < accounts; account += 1) {
    const common = { name: "Example", createTime: CREATED, updateTime: CREATED };
    apply(accountRecord({ accountId: idOf("acct", account), etag: `${revision}`, ...common }));
  }
  const everyNth = Math.floor(keys / asked);
  for (let key = 0; key < keys; key += 1) {
    const isAsked = key % everyNth === 0 && key / everyNth < asked;
    const secret = isAsked ? (secrets[key / everyNth] ?? "") : randomBytes(32).toString("latin1");
    apply(recordOf(secret, key, accounts));
  }
  return table;
}

/** As auth sends them. */
function recordOf(secret: string, key: number, accounts: number) {
  return keyRecord(secret, {
    ...{ keyId: idOf("key", key), accountId: idOf("acct", key % accounts), name: "Key" },
    ...{ displayPrefix: "gm_live_0000", scopes: ["locations:read"], mode: 1, etag: `${key}` },
    ...{ createTime: CREATED, updateTime: CREATED },
  });
}

/** An id of as many characters as auth's. */
function idOf(kind: string, number: number): string {
  return `${kind}_${String(number).padStart(16, "0")}`;
}

/** The mean time in which a credential is looked at, in microseconds. */
function usOfEach(look: (credential: string) => unknown): number {
  let us = 0;
  for (let at = 0; at < secrets.length; at += TIMED_AT_ONCE) {
    const credentials = secrets.slice(at, at + TIMED_AT_ONCE).map(copyOf);
    const before = process.cpuUsage();
    for (const credential of credentials) look(credential);
    const { user, system } = process.cpuUsage(before);
    us += user + system;
  }
  return us / secrets.length;
}

function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function shuffle(all: string[]): void {
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [all[at], all[other]] = [all[other] ?? "", all[at] ?? ""];
  }
}

function memoryBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
