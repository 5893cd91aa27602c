import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Address } from "../address/address.ts";
import { addressFromText } from "../address/parse.ts";
import { formatAddress } from "../address/write.ts";
import { AnswerWriter } from "../answer/answer-writer.ts";
import { LocationComposer, type Sources } from "../answer/location-composer.ts";
import { unpackDefaultDatasets } from "../datasets/default-datasets.ts";
import { loadSecurityLists } from "../security/load-lists.ts";
import { namedLists } from "../security/named-lists.ts";
import { sourcesOf, TEST_TIME } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { explainLocation } from "./explain-location.ts";
import { explainedRows, valuesOf } from "./explained-rows.ts";
import { ListWitnesses } from "./witnesses.ts";

const SEED = 2_718_281_828;
const ADDRESSES = 2_000;
const PUBLIC_URL = "https://api.example.com";
const OVERRIDES = [
  "# ours",
  '{"network":"11.0.0.0/8","city":"Utrecht","connection":{"isp_name":"Own"}}',
  '{"network":"21.0.0.0/8","country_code":"NL","security":{"is_vpn":true}}',
  '{"network":"2001:4860::/32","timezone":null,"latitude":null,"longitude":null}',
  '{"network":"8.8.8.128/25","city":"Beside 8.8.8.8"}',
].join("\n");

let directory: string;
let datasets: Readonly<Record<string, Buffer>>;
let witnesses: ListWitnesses;
let sources: Sources;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-explain-"));
  await unpackDefaultDatasets(join(directory, "datasets"), TEST_TIME.getTime());
  const files = ["GeoLite2-City.mmdb", "asn-ipv4.csv", "asn-ipv6.csv"];
  const contents = files.map((name) => readFile(join(directory, "datasets", name)));
  datasets = Object.fromEntries((await Promise.all(contents)).map((it, i) => [files[i], it]));
  const lists = {
    "tor/exits.txt": "23.0.0.0/8\n2a00::/16\n",
    "vpn/systems": "AS3320\n",
    "anycast/own": "8.8.0.0/16\n8.8.8.0/24\n",
  };
  for (const [name, text] of Object.entries(lists)) {
    await mkdir(dirname(join(directory, "lists", name)), { recursive: true });
    await writeFile(join(directory, "lists", name), text);
  }
  sources = sourcesOf(
    {
      ...datasets,
      "anonymous.mmdb": writeMmdb({ "31.0.0.0/8": RECORDS.anonymousIp }),
      "isp.mmdb": writeMmdb({ "0.0.0.0/1": RECORDS.isp }),
      "registered.mmdb": registered("SE", "2026-01-02"),
      "registered-older.mmdb": registered("NO", "2026-01-01"),
      "bare.mmdb": writeMmdb(
        { "5.0.0.0/8": RECORDS.country },
        { databaseType: "Own-City", buildTime: new Date("2026-10-01") },
      ),
    },
    {
      overrides: OVERRIDES,
      lists: await loadSecurityLists(join(directory, "lists")),
      asnSources: ["asn-ipv4.csv", "asn-ipv6.csv"],
    },
  );
  witnesses = new ListWitnesses(await namedLists(join(directory, "lists")));
}, 240_000);

afterAll(() => rm(directory, { recursive: true }));

/** Says of half of IPv4 only where it is registered, and is asked before the dataset of cities. */
function registered(code: string, built: string): Buffer {
  return writeMmdb(
    { "0.0.0.0/1": { registered_country: { iso_code: code } } },
    { databaseType: "Own-Enterprise", buildTime: new Date(built) },
  );
}

function rows(text: string, from = sources, lists = witnesses) {
  const address = addressFromText(text) as Address;
  const deps = { sources: from, lists, wallMs: TEST_TIME.getTime(), publicUrl: PUBLIC_URL };
  return explainedRows(explainLocation(address, deps));
}

/** Where the fields of an explanation come from. */
function origins(...asked: Parameters<typeof rows>): Record<string, string> {
  return Object.fromEntries(rows(...asked).map(({ field, from }) => [field, from]));
}

/** The same for the same seed: of IPv4 all addresses, of IPv6 those of 2000::/4, of which a few are given out. */
function addresses(): string[] {
  let state = SEED;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
  return Array.from({ length: ADDRESSES }, (_, i) => {
    const address = new Address();
    address.setIpv4(next());
    if (i % 4 === 0) {
      address.isIpv4 = false;
      address.words.set([(0x20000000 | (next() & 0x0fffffff)) >>> 0, next(), next(), next()]);
    }
    return formatAddress(address);
  });
}

test("what is explained of 2,000 addresses is what lookups answer, and every value has an origin", () => {
  const composer = new LocationComposer(sources, { publicUrl: PUBLIC_URL });
  composer.setTime(TEST_TIME.getTime());
  const answers = new AnswerWriter();
  const unexplained: string[] = [];
  for (const text of ["8.8.8.8", "10.0.0.1", "2001:4860::1", "2a02:26f7::1", ...addresses()]) {
    const naming = { language: "en", withNames: false } as const;
    const answer = answers.bare(composer, Buffer.from(text), naming) as Uint8Array;
    const answered = valuesOf(answer).map(({ names, value }) => [names.join("."), value]);
    const explained = rows(text);
    const told = explained.filter(({ value }) => value !== "");
    expect(told.map(({ field, value }) => [field, value])).toEqual(answered);
    unexplained.push(...explained.filter(({ from }) => from === "").map(({ field }) => field));
  }
  expect(unexplained).toEqual([]);
});

test("records, lists, overrides and registries are named", () => {
  expect(origins("8.8.8.8")).toMatchObject({
    country_code: expect.stringMatching(/^GeoLite2-City\.mmdb 8\.8\.8\.0\/\d+$/),
    registered_country_code: expect.stringContaining("GeoLite2-City.mmdb"),
    "connection.autonomous_system_number": "asn-ipv4.csv 8.8.8.0/24",
    "connection.isp_name": "isp.mmdb 0.0.0.0/1",
    "connection.is_anycast": "anycast/own 8.8.8.0/24",
    "security.is_hosting": "built-in hosting AS15169 (Google LLC: cloud)",
    "security.is_tor": "not in tor/exits.txt, anonymous.mmdb",
    "timezone.name": expect.stringContaining("not answered"),
  });
  expect(origins("5.1.1.1")).toMatchObject({
    country_code: "bare.mmdb 5.0.0.0/8",
    registered_country_code: "registered.mmdb 0.0.0.0/1",
  });
  expect(origins("23.1.1.1")["security.is_tor"]).toBe("tor/exits.txt 23.0.0.0/8");
  expect(origins("10.1.1.1")["special_purpose"]).toContain("10.0.0.0/8 (RFC 1918)");
  expect(origins("11.1.1.1")).toMatchObject({
    city: "override 11.0.0.0/8 of line 2",
    "connection.isp_name": "override 11.0.0.0/8 of line 2",
    country_code: expect.stringContaining("GeoLite2-City.mmdb"),
  });
  expect(origins("21.1.1.1")).toMatchObject({
    country_code: "override 21.0.0.0/8 of line 3",
    country: "by the codes of override 21.0.0.0/8 of line 3",
    "timezone.name": "by the place of override 21.0.0.0/8 of line 3",
    "security.is_vpn": "override 21.0.0.0/8 of line 3",
  });
  expect(origins("2a02:26f7::1")["security.is_hosting"]).toBe("a relay is none");
});

test("a zone tells whether it is that of the record, of the coordinates or of the country", () => {
  const { city } = RECORDS;
  const own = sourcesOf({
    "city.mmdb": writeMmdb({
      "1.0.0.0/8": RECORDS.city,
      "2.0.0.0/8": { ...city, location: { latitude: 51.5, longitude: -0.1 } },
      "3.0.0.0/8": { country: city.country },
    }),
  });
  const zone = (text: string) => origins(text, own)["timezone.name"];
  expect(zone("1.1.1.1")).toBe("city.mmdb 1.0.0.0/8");
  expect(zone("2.1.1.1")).toBe("by latitude and longitude");
  expect(zone("3.1.1.1")).toBe("by country_code: its only time");
});

test("of systems that several datasets agree on, those that agree are named", () => {
  const csv = (asn: number) => Buffer.from(`1.0.0.0,1.255.255.255,${asn},Name\n`);
  const own = sourcesOf({ "a.csv": csv(100), "b.csv": csv(200), "c.csv": csv(200) });
  const from = origins("1.1.1.1", own)["connection.autonomous_system_number"];
  expect(from).toBe("b.csv, c.csv 1.0.0.0/8");
});
