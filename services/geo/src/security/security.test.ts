import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { composerOf, locate } from "../testing/locate.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { loadSecurityLists } from "./load-lists.ts";
import { parseList } from "./parse-list.ts";

const asn = Buffer.from(
  [
    "1.0.0.0,1.0.0.255,16276,OVH SAS",
    "2.0.0.0,2.0.0.255,36183,Akamai",
    "3.0.0.0,3.0.0.255,6450,x",
  ].join("\n"),
);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-lists-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function composerWith(lists: Record<string, string>, files: Record<string, Buffer> = {}) {
  for (const [path, text] of Object.entries(lists)) {
    await mkdir(join(directory, path, ".."), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return composerOf({ "asn.csv": asn, ...files }, { lists: await loadSecurityLists(directory) });
}

test("without lists, well-known networks are known to be hosting or relay and nothing is known not to be", async () => {
  const composer = await composerWith({});
  expect(locate(composer, "1.0.0.1").security).toEqual({ isHosting: true });
  expect(locate(composer, "2.0.0.1").security).toEqual({ isRelay: true });
  expect(locate(composer, "2a02:26f7::1").security).toEqual({ isRelay: true });
  expect(locate(composer, "3.0.0.1").security).toBeUndefined();
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
  expect(locate(composer, "1.0.0.1").security).toEqual({ isHosting: false });
  expect(locate(composer, "2.0.0.1").security).toEqual({ isHosting: false, isRelay: true });
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

test("a relay is never a VPN, whatever a list or a dataset says", async () => {
  const anonymous = writeMmdb({ "2.0.0.0/8": RECORDS.anonymousIp }, { ipVersion: 4 });
  const composer = await composerWith({ "vpn/a.txt": "AS36183" }, { "anonymous.mmdb": anonymous });
  expect(locate(composer, "2.0.0.1").security).toMatchObject({
    isRelay: true,
    isVpn: false,
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
