import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { seededNumbers } from "@geomesh/testing/seeded-numbers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCustomer } from "../support/api.ts";
import type { Answer, Door } from "../support/doors/answer.ts";
import { facadeDoors } from "../support/doors/facades.ts";
import {
  askValues,
  batchDoor,
  csvDoor,
  DoorCalls,
  type DoorDeps,
  linesDoor,
  restDoor,
} from "../support/doors/rest.ts";
import {
  connectDoor,
  connectGetDoor,
  connectJsonDoor,
  grpcDoor,
  grpcStreamDoor,
  grpcWebDoor,
} from "../support/doors/rpc.ts";
import { type Mesh, startTestMesh } from "../support/mesh.ts";

const LOOKUPS = 2_000;
/** Another one with every run; a run that failed is repeated with the seed in its name. */
const SEED = Date.now() % 1_000_000;
const FREE_ADDRESS = "10.0.0.1";
/** What is asked for as text, in turn. */
const FIELDS = [
  ...["country_code", "city", "timezone.name", "network", "latitude", "is_overridden"],
  ...["connection.autonomous_system_number", "country_is_eu", "special_purpose", "ip_address"],
  ...["connection.is_anycast", "connection.is_mobile", "security.is_hosting", "security.is_relay"],
];
const IS_NAMED = /^(?:names\.country|country_facts\.(?:capital|languages))/;
/** What an override says, with what CSV has to quote. */
const CITY = 'Campus, "North"';
const OVERRIDE = { network: "81.2.69.0/24", city: CITY, connection: { is_satellite: false } };
const OVERRIDDEN = `${JSON.stringify(OVERRIDE)}\n`;
/** Addresses of the built-in tables, by what is true of them. */
const FLAGGED = {
  "connection.is_mobile": "68.24.1.1",
  "connection.is_satellite": "98.97.20.1",
  "connection.is_anycast": "8.8.8.8",
  "security.is_hosting": "5.9.1.1",
  "security.is_relay": "104.28.101.183",
};

const directory = mkdtempSync(path.join(tmpdir(), "geomesh-overrides-"));
let mesh: Mesh;
let deps: DoorDeps;
let calls: DoorCalls;
beforeAll(async () => {
  const file = path.join(directory, "overrides.ndjson");
  writeFileSync(file, OVERRIDDEN);
  mesh = await startTestMesh({ GEO_OVERRIDES_FILE: file });
  const rate = { requests: 1_000_000, burst: 1_000_000 };
  const { key } = await createCustomer(mesh, { key_rate: rate, monthly_quota: "10000000" });
  deps = { baseUrl: mesh.baseUrl, key, language: "de" };
  calls = new DoorCalls(deps);
});
afterAll(async () => {
  calls?.close();
  await mesh?.close();
  rmSync(directory, { recursive: true });
});

/** Addresses of every kind; what is no address is short enough for every door, and no JSON. */
function addressesOf(seed: number): string[] {
  const next = seededNumbers(seed);
  const pick = <T>(...all: T[]) => all[next(all.length)] as T;
  const ipv4 = () => `${1 + next(223)}.${next(256)}.${next(256)}.${next(256)}`;
  const group = () => next(65_536).toString(16);
  const ipv6 = () => {
    const registry = pick("2001:218", "2a00", "2a02", "2400", "2600", "2804", "2c0f", "2001:67c");
    return `${registry}:${group()}:${group()}::${group()}`;
  };
  const special = () =>
    pick(
      `10.${next(256)}.1.1`,
      "127.0.0.1",
      `192.168.${next(256)}.1`,
      "::1",
      "2001:db8::1",
      "fe80::1",
    );
  const bad = () =>
    pick(
      "nonsense",
      "1.2.3",
      "081.2.69.142",
      `${ipv4()}/24`,
      `${ipv4()}.1`,
      ":::",
      "[::1]",
      "é.ü",
      "a b",
    );
  const kinds = [
    ...Array.from({ length: 10 }, () => ipv4),
    ...[ipv6, ipv6, ipv6, ipv6, special, special, bad, bad],
    ...[() => `::ffff:${ipv4()}`, () => `81.2.69.${next(256)}`],
    () => pick(...Object.values(FLAGGED)),
  ];
  return Array.from({ length: LOOKUPS }, () => pick(...kinds)());
}

/** Units that the account has left this month, as the gateway says. */
async function unitsLeft(): Promise<number> {
  const { response } = await calls.send(`/v1/locations/${FREE_ADDRESS}`);
  const left = /"month";r=(\d+)/.exec(`${response.headers["ratelimit"]}`)?.[1];
  expect(left, "the answer tells the units of the month").toBeDefined();
  return Number(left);
}

/** What an address costs, by its answer. */
const unitOf = ({ error, special_purpose }: Answer): number =>
  error === undefined && special_purpose === undefined ? 1 : 0;

/** Doors that take many addresses in a call. */
const wideDoors = (asked = deps): [name: string, door: Door][] => [
  ["a batch as JSON", batchDoor(calls, asked)],
  ["a batch as CSV", csvDoor(calls, asked)],
  ["a stream of lines", linesDoor(calls, asked)],
  ["a stream of gRPC", grpcStreamDoor(asked)],
];

/** Doors that take one address in a call. */
const narrowDoors = (asked = deps): [name: string, door: Door][] => [
  ["Connect JSON", connectJsonDoor(calls, asked)],
  ["Connect by GET", connectGetDoor(calls, asked)],
  ["Connect binary", connectDoor(asked)],
  ["gRPC", grpcDoor(asked)],
  ["gRPC-Web", grpcWebDoor(asked)],
];

test(`every door gives the same answers, reasons and units (seed ${SEED})`, async () => {
  const addresses = addressesOf(SEED);
  let left = await unitsLeft();
  async function expectUnits(name: string, answers: readonly Answer[]): Promise<void> {
    const before = left;
    left = await unitsLeft();
    const units = answers.reduce((sum, answer) => sum + unitOf(answer), 0);
    expect([name, before - left]).toEqual([name, units]);
  }

  const expected = await restDoor(calls, deps)(addresses);
  await expectUnits("REST", expected);
  expectKinds(expected);

  async function expectSame(
    name: string,
    door: Door,
    isAsked: (at: number) => boolean,
    view = (answer: Answer) => answer,
  ) {
    const asked = addresses.filter((_, at) => isAsked(at));
    const wanted = expected.filter((_, at) => isAsked(at));
    const answers = await door(asked);
    expect([name, answers.length]).toEqual([name, asked.length]);
    expectSameAnswers(asked, answers, wanted.map(view));
    await expectUnits(name, wanted);
  }
  for (const [name, door] of wideDoors()) await expectSame(name, door, () => true);
  // Of calls by the thousand, each of these has its share, so that together they have all.
  const narrow = narrowDoors();
  for (const [share, [name, door]] of narrow.entries()) {
    await expectSame(name, door, (at) => at % narrow.length === share);
  }
  // Some answer an address once that is asked for twice.
  const isFirst = (at: number) => addresses.indexOf(addresses[at] as string) === at;
  for (const { name, isNarrow, ask, view } of facadeDoors(calls, deps)) {
    const isAsked = (at: number) => isFirst(at) && (!isNarrow || at % narrow.length === 0);
    await expectSame(name, ask, isAsked, view);
  }

  const asked = addresses.slice(0, LOOKUPS / narrow.length).map((address, at) => ({
    address,
    field: FIELDS[at % FIELDS.length] as string,
  }));
  const values = await askValues(calls, deps, asked);
  const wanted = asked.map(({ field }, at) => ofField(expected[at], field));
  expectSameAnswers(
    asked.map(({ address, field }) => `${address}/${field}`),
    values,
    wanted,
  );
  await expectUnits("text", expected.slice(0, asked.length));
});

test(`what comes only where it is named is the same at every door (seed ${SEED})`, async () => {
  const addresses = addressesOf(SEED).slice(0, 300);
  for (const fields of [["*", "names", "country_facts"], ["country_facts"], ["names.country"]]) {
    const asked = { ...deps, fields };
    const expected = await restDoor(calls, asked)(addresses);
    const named = expected.filter((answer) =>
      Object.keys(answer).some((name) => IS_NAMED.test(name)),
    );
    expect(named.length).toBeGreaterThan(100);
    for (const [name, door] of [...wideDoors(asked), ...narrowDoors(asked)]) {
      const answers = await door(addresses);
      expect([name, answers.length]).toEqual([name, addresses.length]);
      expectSameAnswers(addresses, answers, expected);
    }
  }
});

/** Each kind of address is among them. */
function expectKinds(answers: readonly Answer[]): void {
  const count = (isSo: (answer: Answer) => boolean) => answers.filter(isSo).length;
  const isBad = ({ error = "" }: Answer) => error.startsWith("invalid_argument: must be");
  expect(count(isBad)).toBeGreaterThan(50);
  expect(count(({ special_purpose }) => special_purpose !== undefined)).toBeGreaterThan(50);
  expect(count(({ city }) => city === CITY)).toBeGreaterThan(20);
  for (const name of Object.keys(FLAGGED)) {
    expect([name, count(({ [name]: flag }) => flag === "true") > 5]).toEqual([name, true]);
  }
  expect(count(({ "connection.is_satellite": flag }) => flag === "false")).toBeGreaterThan(20);
  const isHostingRelay = ({ "security.is_relay": relay, "security.is_hosting": hosting }: Answer) =>
    relay === "true" && hosting !== "false";
  expect(count(isHostingRelay)).toBe(0);
  expect(new Set(answers.map(({ country_code }) => country_code)).size).toBeGreaterThan(30);
}

function expectSameAnswers(
  asked: readonly string[],
  answers: readonly Answer[],
  wanted: readonly Answer[],
): void {
  const others = asked
    .map((address, at) => ({ address, answer: answers[at], wanted: wanted[at] }))
    .filter(({ answer, ...row }) => !isSame(answer, row.wanted));
  expect(others.slice(0, 3)).toEqual([]);
}

/** What the answer of one value has of that of the location. */
function ofField(answer: Answer = {}, field: string): Answer {
  const { error, [field]: value } = answer;
  if (error !== undefined) return { error };
  return value === undefined ? {} : { [field]: value };
}

function isSame(a: Answer = {}, b: Answer = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
