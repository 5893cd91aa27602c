import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { FLAG_BITS } from "./flags.ts";
import { loadSecurityLists } from "./load-lists.ts";
import { parseList } from "./parse-list.ts";

const asn = Buffer.from(
  [
    "1.0.1.0,1.0.1.255,16276,OVH SAS",
    "2.0.0.0,2.0.0.255,36183,Akamai",
    "3.0.0.0,3.0.0.255,6450,x",
    "4.0.0.0,4.0.0.255,21928,T-Mobile",
    "5.0.0.0,5.0.0.255,14593,Starlink",
  ].join("\n"),
);
let directory: string;

/** A file by which all global addresses are of one system. */
function everywhere(system: number): Buffer {
  const last = "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  return Buffer.from(`1.0.0.0,223.255.255.255,${system},x\n2000::,${last},${system},x`);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-lists-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function listsOf(lists: Record<string, string>) {
  for (const [path, text] of Object.entries(lists)) {
    await mkdir(join(directory, path, ".."), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return loadSecurityLists(directory);
}

async function composerWith(lists: Record<string, string>, files: Record<string, Buffer> = {}) {
  return composerOf({ "asn.csv": asn, ...files }, { lists: await listsOf(lists) });
}

test("without lists, what the tables have is known to be so and nothing is known not to be", async () => {
  const composer = await composerWith({});
  const { connection, security } = locate(composer, "1.0.1.1");
  expect(security).toEqual({ isHosting: true });
  expect(connection).toEqual({
    autonomousSystemNumber: 16276,
    autonomousSystemOrganization: "OVH SAS",
  });
  expect(locate(composer, "2.0.0.1").security).toMatchObject({ isRelay: true });
  expect(locate(composer, "3.0.0.1").security).toBeUndefined();
  expect(locate(composer, "4.0.0.1").connection).toMatchObject({ isMobile: true });
  expect(locate(composer, "4.0.0.1").connection).not.toHaveProperty("isSatellite");
  expect(locate(composer, "5.0.0.1").connection).toMatchObject({ isSatellite: true });
});

test.each<[address: string, why: string]>([
  ["2a02:26f7:b044:4000::1", "Akamai"],
  ["172.225.10.7", "Akamai"],
  ["172.224.226.1", "Akamai"],
  ["104.28.101.183", "Cloudflare"],
  ["2606:54c0:2740::1", "Cloudflare"],
  ["2a09:bac3:2740::1", "Cloudflare"],
  ["2a09:bac5::1", "WARP"],
  ["146.75.128.208", "Fastly"],
  ["140.248.1.191", "Fastly"],
  ["2a04:4e41:1429::1", "Fastly"],
])("%s is a relay of %s, so neither hosting nor a VPN", async (address) => {
  const composer = await composerWith({}, { "asn.csv": everywhere(16509) });
  const expected = { isRelay: true, isHosting: false, isVpn: false };
  expect(locate(composer, address).security).toEqual(expected);
});

test.each(["104.27.1.1", "140.248.64.1", "146.75.127.1", "2a04:4e42::1", "172.232.0.1"])(
  "%s is no relay: it is of a carrier's other networks",
  async (address) => {
    const composer = await composerWith({}, { "asn.csv": everywhere(16509) });
    expect(locate(composer, address).security).toEqual({ isHosting: true });
  },
);

test("an anycast network is told without a record, and its prefix is the network of the answer", async () => {
  const composer = await composerWith({});
  for (const address of ["8.8.8.8", "2620:fe::9", "198.41.0.4"]) {
    expect(locate(composer, address).connection).toEqual({ isAnycast: true });
  }
  expect(locate(composer, "8.8.8.8").network).toBe("8.8.8.0/24");
  expect(locate(composer, "8.8.9.8").connection).toBeUndefined();
});

test("an operator's list makes a flag of the connection true or false, and replaces its table", async () => {
  const lists = { "mobile/a": "AS6450\n8.8.8.0/25", "anycast/b": "5.0.0.0/25", "satellite/c": "" };
  const composer = await composerWith(lists);
  const flags = (address: string) => {
    const { isMobile, isSatellite, isAnycast } = locate(composer, address).connection ?? {};
    return [isMobile, isSatellite, isAnycast];
  };
  expect(flags("3.0.0.1")).toEqual([true, false, false]);
  expect(flags("4.0.0.1")).toEqual([false, false, false]);
  expect(flags("5.0.0.1")).toEqual([false, false, true]);
  expect(flags("5.0.0.129")).toEqual([false, false, false]);
  expect(flags("8.8.8.8")).toEqual([true, false, false]);
  // No dataset tells the systems of IPv6, so neither does a list of systems.
  expect(flags("2620:fe::9")).toEqual([undefined, false, false]);
});

test("a dataset tells of a connection by its type and by flags, and what says true wins", async () => {
  const types = writeMmdb({
    "4.0.0.0/25": { connection_type: "Cable/DSL" },
    "6.0.0.0/8": { connection_type: "Cellular" },
    "7.0.0.0/8": { connection_type: "Satellite" },
    "8.0.0.0/8": { connection_type: "Corporate" },
    "9.0.0.0/8": { connection_type: "Corporate", is_mobile: true, is_anycast: false },
  });
  const composer = await composerWith({}, { "types.mmdb": types });
  const connectionOf = (address: string) => locate(composer, address).connection ?? {};
  expect(connectionOf("4.0.0.1")).toMatchObject({ isMobile: true, isSatellite: false });
  expect(connectionOf("6.0.0.1")).toMatchObject({ isMobile: true, isSatellite: false });
  expect(connectionOf("7.0.0.1")).toMatchObject({ isMobile: false, isSatellite: true });
  expect(connectionOf("8.0.0.1")).toMatchObject({ isMobile: false, isSatellite: false });
  expect(connectionOf("8.0.0.1")).not.toHaveProperty("isAnycast");
  expect(connectionOf("8.8.8.8")).toMatchObject({ isMobile: false, isAnycast: true });
  expect(connectionOf("9.0.0.1")).toMatchObject({ isMobile: true, isAnycast: false });
});

test("an override wins over tables, and what it says of a relay decides what a relay never is", async () => {
  const lines = [
    { network: "2.0.0.0/25", security: { is_relay: false } },
    { network: "1.0.1.0/25", security: { is_relay: true } },
    { network: "104.28.0.0/16", security: { is_hosting: true, is_vpn: null } },
    { network: "4.0.0.0/25", connection: { is_mobile: false } },
    { network: "5.0.0.0/25", connection: null },
    { network: "3.0.0.0/25", connection: { autonomous_system_number: 21928 } },
    { network: "8.8.8.0/25", connection: { is_anycast: null, connection_type: "Corporate" } },
  ];
  const overrides = lines.map((line) => JSON.stringify(line)).join("\n");
  const layers = { "asn.csv": asn };
  const composer = composerOf(layers, { lists: await loadSecurityLists(directory), overrides });
  expect(locate(composer, "2.0.0.1").security).toEqual({ isRelay: false });
  expect(locate(composer, "1.0.1.1").security).toEqual({
    ...{ isRelay: true, isHosting: false, isVpn: false },
  });
  expect(locate(composer, "104.28.1.1").security).toEqual({ isRelay: true, isHosting: true });
  expect(locate(composer, "4.0.0.1").connection).toMatchObject({ isMobile: false });
  expect(locate(composer, "5.0.0.1").connection).toEqual({});
  expect(locate(composer, "3.0.0.1").connection).toMatchObject({ isMobile: true });
  expect(locate(composer, "8.8.8.8").connection).toEqual({
    ...{ connectionType: "Corporate", isMobile: false, isSatellite: false },
  });
});

test("an operator's list makes its flag true or false for every address, by block and by system", async () => {
  const composer = await composerWith({
    "tor/exits.txt": "# exits\n3.0.0.7\n2a00::/32 # a block\n",
    "vpn/a.txt": "AS6450\n",
    "vpn/b.txt": "9.9.9.0/24",
  });
  expect(locate(composer, "3.0.0.7")).toMatchObject({
    network: "3.0.0.7/32",
    security: { isTor: true, isVpn: true },
  });
  expect(locate(composer, "3.0.0.8").security).toEqual({ isTor: false, isVpn: true });
  expect(locate(composer, "9.9.9.9").security).toEqual({ isTor: false, isVpn: true });
  expect(locate(composer, "2a00::1").security).toEqual({ isTor: true });
});

test("an operator's list replaces the built-in one of its flag, and no other", async () => {
  const composer = await composerWith({ "hosting/own.txt": "AS6450" });
  expect(locate(composer, "3.0.0.1").security).toEqual({ isHosting: true });
  expect(locate(composer, "1.0.1.1").security).toEqual({ isHosting: false });
  expect(locate(composer, "2.0.0.1").security).toMatchObject({ isHosting: false, isRelay: true });
  const relays = await composerWith({ "relay/own.txt": "3.0.0.0/8" });
  expect(locate(relays, "2.0.0.1").security).toMatchObject({ isRelay: false });
  expect(locate(relays, "2a02:26f7::1").security).toMatchObject({ isRelay: false });
  expect(locate(relays, "3.0.0.1").security).toMatchObject({ isRelay: true });
});

test("Apple's file of relays is a list: its first column has the blocks", async () => {
  const lines = [
    "172.224.226.0/27,GB,GB-EN,London,",
    "172.224.226.32/31,US,US-CA,LOS ANGELES,",
    "2a02:26f7:b044:4000::/64,DE,DE-BE,Berlin,",
  ];
  const composer = await composerWith({ "relay/egress-ip-ranges.csv": `${lines.join("\n")}\n` });
  const relays = ["172.224.226.31", "172.224.226.33", "2a02:26f7:b044:4000::1"];
  for (const text of relays)
    expect(locate(composer, text).security).toMatchObject({ isRelay: true });
  expect(locate(composer, "172.224.226.34").security).toMatchObject({ isRelay: false });
});

test("a list of hosting systems with one system means that one alone", async () => {
  const { systems, isKnown } = await listsOf({ "hosting/own.txt": "AS24940" });
  const hosting = [...systems].filter(([, bits]) => (bits & FLAG_BITS.hosting) !== 0);
  expect(hosting).toEqual([[24940, FLAG_BITS.hosting]]);
  expect(isKnown).toBe(FLAG_BITS.hosting);
});

test("a relay is neither a VPN nor hosting, whatever a list or a dataset says", async () => {
  const anonymous = writeMmdb({ "2.0.0.0/8": RECORDS.anonymousIp }, { ipVersion: 4 });
  const composer = await composerWith(
    { "vpn/a.txt": "AS36183", "hosting/b": "2.0.0.0/8" },
    { "anonymous.mmdb": anonymous },
  );
  expect(locate(composer, "2.0.0.1").security).toMatchObject({
    isRelay: true,
    isVpn: false,
    isHosting: false,
    isTor: true,
  });
});

test("an Anonymous-IP dataset for IPv4 tells nothing about IPv6", async () => {
  const anonymous = writeMmdb({ "7.0.0.0/8": RECORDS.anonymousIp }, { ipVersion: 4 });
  const composer = await composerWith({}, { "anonymous.mmdb": anonymous });
  expect(locate(composer, "8.8.8.8").security).toEqual({
    isVpn: false,
    isProxy: false,
    isTor: false,
    isHosting: false,
  });
  expect(locate(composer, "2001:4860::1").security).toBeUndefined();
});

test("without a dataset of systems, a list of systems tells nothing", async () => {
  const lists = { "vpn/a": "AS6450", "tor/b": "9.9.9.9" };
  await composerWith(lists);
  const city = { "city.mmdb": writeMmdb({ "3.0.0.0/8": RECORDS.city }) };
  const composer = composerOf(city, { lists: await loadSecurityLists(directory) });
  expect(locate(composer, "3.0.0.1").security).toEqual({ isTor: false });
});

test("flags of nested blocks add up", async () => {
  const composer = await composerWith({ "proxy/a": "4.0.0.0/8", "tor/b": "4.4.4.0/24" });
  expect(locate(composer, "4.4.4.4").security).toEqual({ isProxy: true, isTor: true });
  expect(locate(composer, "4.4.5.4").security).toEqual({ isProxy: true, isTor: false });
});

test.each(["AS0", "AS4294967296", "1.2.3", "1.2.3.4/33", "10.0.0.1/8", "example.net"])(
  "a line %j is refused with its number and file",
  async (line) => {
    expect(() => parseList(`# comment\n${line}`)).toThrow(/^line 2 /);
    await expect(composerWith({ "vpn/list": line })).rejects.toThrow(/vpn\/list: line 1 /);
  },
);
