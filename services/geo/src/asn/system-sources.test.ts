import { createLog } from "@geomesh/runtime/log";
import { beforeEach, expect, test } from "vitest";
import { byPrecedence, layerOf } from "../datasets/layer-of.ts";
import type { Layer } from "../layers/layer.ts";
import { composerOf, inspected, locate, TEST_TIME } from "../testing/locate.ts";
import type { MmdbValue } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { SystemSources } from "./system-sources.ts";

const logged: { level: number; missing?: string }[] = [];
const log = createLog({
  service: "geo",
  destination: { write: (line: string) => void logged.push(JSON.parse(line)) },
});

beforeEach(() => {
  logged.length = 0;
});

const csv = (number: number | "", name: string) =>
  Buffer.from(
    `1.0.0.0,1.255.255.255,${number},${name}\n2a00::,2a00:ffff::,${number},${name}`,
    "utf8",
  );

function asn(number: number, name: string, rest: Record<string, MmdbValue> = {}): Buffer {
  const record = {
    autonomous_system_number: number,
    autonomous_system_organization: name,
    ...rest,
  };
  return writeMmdb({ "1.0.0.0/8": record, "2a00::/16": record }, { databaseType: "Test-ASN" });
}

/** The system of an address of each family; both must be the same. */
function systemIn(files: Record<string, Buffer>, asnSources: readonly string[]) {
  const composer = composerOf(files, { asnSources });
  const [ipv4, ipv6] = ["1.2.3.4", "2a00::1"].map((text) => {
    const { autonomousSystemNumber, autonomousSystemOrganization } =
      locate(composer, text).connection ?? {};
    return [autonomousSystemNumber, autonomousSystemOrganization];
  });
  expect(ipv6).toEqual(ipv4);
  return ipv4;
}

// `split` makes one source of two files, as publishers of CSV files do.
const csvOf = (text: Buffer, family: 0 | 1) =>
  Buffer.from(text.toString().split("\n")[family] ?? "");
const FILES = {
  "a.csv": csvOf(csv(3320, "A"), 0),
  "a6.csv": csvOf(csv(3320, "A"), 1),
  "b.mmdb": asn(3215, "B"),
  "c.mmdb": asn(3215, "C"),
  "d.mmdb": asn(6830, "D"),
  "none.mmdb": writeMmdb({ "9.0.0.0/8": RECORDS.asn, "2b00::/16": RECORDS.asn }),
  "not-routed.csv": csvOf(csv(0, "Not routed"), 0),
  "not-routed6.csv": csvOf(csv("", "Not routed"), 1),
};

test.each<[sources: string, number: number | undefined, name: string | undefined]>([
  ["b.mmdb", 3215, "B"],
  ["d.mmdb,b.mmdb", 6830, "D"],
  ["a.csv,a6.csv,b.mmdb,c.mmdb", 3215, "B"],
  ["a.csv,a6.csv,c.mmdb,b.mmdb", 3215, "C"],
  ["a.csv,a6.csv,b.mmdb,d.mmdb", 3320, "A"],
  ["b.mmdb,b.mmdb,d.mmdb,d.mmdb,d.mmdb", 3215, "B"],
  ["none.mmdb,d.mmdb", 6830, "D"],
  ["not-routed.csv,not-routed6.csv,d.mmdb", undefined, undefined],
  ["d.mmdb,not-routed.csv,not-routed6.csv", 6830, "D"],
  ["d.mmdb,not-routed.csv,not-routed6.csv,none.mmdb", undefined, undefined],
])("of the sources %s the system is %s", (sources, number, name) => {
  expect(systemIn(FILES, sources.split(","))).toEqual([number, name]);
});

test("without the setting all datasets count, in order of precedence", () => {
  const isp = (number: number) => {
    const record = { ...RECORDS.isp, autonomous_system_number: number };
    return writeMmdb({ "1.0.0.0/8": record, "2a00::/16": record }, { databaseType: "Test-ISP" });
  };
  const files = { "a.mmdb": asn(3320, "A"), "isp.mmdb": isp(1221) };
  expect(systemIn(files, [])).toEqual([1221, "Telstra Pty Ltd"]);
  expect(systemIn({ ...files, "b.mmdb": asn(3320, "B") }, [])).toEqual([3320, "A"]);
});

test("numbers that no system on the Internet has say that nobody announces a range", () => {
  for (const reserved of [0, 23_456, 64_500, 65_000, 4_200_000_000]) {
    expect(systemIn({ "a.mmdb": asn(reserved, "A") }, [])?.[0]).toBeUndefined();
    const files = { "a.mmdb": asn(reserved, "A"), "d.mmdb": asn(6830, "D") };
    expect(systemIn(files, ["a.mmdb", "d.mmdb"])).toEqual([undefined, undefined]);
  }
});

test("a source that lost its vote still tells what it alone knows, and nothing of its system", () => {
  const files = {
    "a.mmdb": asn(15_169, "A", { as_domain: "a.example", isp: "ISP of A" }),
    "b.mmdb": asn(3215, "B", { as_domain: "b.example", organization: "Customer of B" }),
    "c.mmdb": asn(3215, "C", { as_domain: "c.example" }),
  };
  const composer = composerOf(files, { asnSources: Object.keys(files) });
  expect(locate(composer, "1.2.3.4").connection).toEqual({
    autonomousSystemNumber: 3215,
    autonomousSystemOrganization: "B",
    domain: "b.example",
    ispName: "ISP of A",
    organizationName: "Customer of B",
  });
});

test("a dataset that the setting does not name gives no systems", () => {
  const files = { "a.mmdb": asn(3320, "A", { isp: "ISP of A" }), "b.mmdb": FILES["none.mmdb"] };
  expect(locate(composerOf(files, { asnSources: ["b.mmdb"] }), "1.2.3.4").connection).toEqual({
    ispName: "ISP of A",
  });
});

const layersOf = (files: Record<string, Buffer>): Layer[] =>
  byPrecedence(
    Object.entries(files).map(([name, content]) =>
      layerOf(inspected(name, content), { name, modifiedAt: TEST_TIME }),
    ),
  );

test("what sources agree on is made anew when a source changes, and not when another dataset does", async () => {
  const sources = new SystemSources({ names: ["a.mmdb", "b.mmdb"], log });
  const layers = layersOf({ "a.mmdb": asn(3320, "A"), "b.mmdb": asn(3215, "B") });
  const merged = await sources.of(layers);
  expect(merged.length).toBe(1);
  const [city] = layersOf({ "city.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.city }) });
  expect(await sources.of([city as Layer, ...layers])).toBe(merged);
  const [changed] = layersOf({ "b.mmdb": asn(6830, "B") });
  const [a] = layers;
  expect(await sources.of([a as Layer, changed as Layer])).not.toBe(merged);
});

test("sources of different families are looked up as they are", async () => {
  const layers = layersOf({ "a.csv": FILES["a.csv"], "a6.csv": FILES["a6.csv"] });
  expect(await new SystemSources({ names: [], log }).of(layers)).toEqual(layers);
});

test("names without a dataset are told once, until they change", async () => {
  const sources = new SystemSources({ names: ["a.mmdb", "x.csv", "city.mmdb"], log });
  const layers = layersOf({
    "a.mmdb": asn(3320, "A"),
    "city.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.city }),
  });
  expect(await sources.of(layers)).toEqual([expect.objectContaining({ facts: layers[1]?.facts })]);
  await sources.of(layers);
  expect(logged.map(({ level, missing }) => [level, missing])).toEqual([[40, "x.csv, city.mmdb"]]);
  await sources.of([]);
  expect(logged.at(-1)?.missing).toBe("a.mmdb, x.csv, city.mmdb");
});
