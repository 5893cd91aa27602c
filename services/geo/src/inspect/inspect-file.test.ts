import fc from "fast-check";
import { expect, test } from "vitest";
import type { Address } from "../address/address.ts";
import { addressFromText } from "../address/parse.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { VALUE_TYPE } from "../mmdb/value-type.ts";
import { composerOf, inspected, locate, TEST_TIME } from "../testing/locate.ts";
import { control, type MmdbValue, mmdb, pointer } from "../testing/mmdb-values.ts";
import { writeMmdb } from "../testing/mmdb-writer.ts";
import { RECORDS } from "../testing/records.ts";
import { RefusalError } from "./refusal-error.ts";

const seed = Date.now() % 2 ** 31;

const sound = writeMmdb({
  "1.0.0.0/8": RECORDS.city,
  "2.2.0.0/16": RECORDS.flatCity,
  "2a00::/16": RECORDS.country,
});

function refusalOf(content: Buffer): string {
  try {
    inspected("a.mmdb", content);
  } catch (error) {
    if (error instanceof RefusalError) return error.message;
    throw error;
  }
  return "";
}

const withLocation = (location: MmdbValue) =>
  writeMmdb({ "1.0.0.0/8": { ...RECORDS.city, location } });
const raw = (bytes: Buffer) => mmdb.raw(VALUE_TYPE.bytes, bytes);
const withMetadata = (metadata: Record<string, MmdbValue>) =>
  writeMmdb({ "1.0.0.0/8": RECORDS.city }, { metadata });

/** A file whose only record is these bytes. */
function withRecord(bytes: Buffer): Buffer {
  const content = writeMmdb({ "1.0.0.0/8": raw(Buffer.alloc(bytes.length)) });
  const start = content.indexOf(
    Buffer.concat([control(VALUE_TYPE.bytes, bytes.length), Buffer.alloc(bytes.length)]),
    600,
  );
  const size = control(VALUE_TYPE.bytes, bytes.length).length;
  return Buffer.concat([
    content.subarray(0, start),
    bytes,
    Buffer.alloc(size, 0xc0),
    content.subarray(start + bytes.length + size),
  ]);
}

/** A file in which one record of the tree is set to a number. */
function withTreeRecord(value: (nodeCount: number) => number): Buffer {
  const content = writeMmdb({ "1.0.0.0/8": RECORDS.city }, { recordSize: 32, ipVersion: 4 });
  content.writeUInt32BE(value(8), 7 * 8 + 4);
  return content;
}

test.each<[string, Buffer, RegExp]>([
  ["an empty file", Buffer.alloc(0), /not an MMDB file/],
  ["text", Buffer.from("<html>not found</html>"), /not an MMDB file/],
  ["a file without its last byte", sound.subarray(0, -1), /./],
  ["a file without its tree", sound.subarray(-200), /./],
  ["a record size of 20", withMetadata({ record_size: mmdb.uint16(20) }), /./],
  ["more nodes than bytes", withMetadata({ node_count: 4_000_000 }), /does not fit/],
  ["fewer nodes than there are", withMetadata({ node_count: 5 }), /./],
  ["no nodes", withMetadata({ node_count: 0 }), /has 0 nodes/],
  ["IP version 5", withMetadata({ ip_version: mmdb.uint16(5) }), /the IP version is 5/],
  [
    "format version 3",
    withMetadata({ binary_format_major_version: mmdb.uint16(3) }),
    /the format version is 3/,
  ],
  ["a type that is a number", withMetadata({ database_type: 7 }), /database type/],
  ["a build time of 1970", withMetadata({ build_epoch: mmdb.uint64(1n) }), /build time/],
  [
    "a build time in the future",
    withMetadata({ build_epoch: mmdb.uint64(9_999_999_999n) }),
    /future/,
  ],
  [
    "a tree that points outside the data",
    withTreeRecord((nodes) => nodes + 16 + 1_000_000),
    /outside the data/,
  ],
  [
    "a tree that points into the separator",
    withTreeRecord((nodes) => nodes + 3),
    /outside the data/,
  ],
  ["a tree with a cycle", withTreeRecord(() => 0), /deeper than 32 bits/],
  ["a pointer outside the data", withRecord(pointer(100_000)), /outside the data/],
  ["a pointer to itself", withRecord(pointer(0)), /pointer to a pointer/],
  [
    "a map that contains itself",
    withRecord(
      Buffer.concat([
        control(VALUE_TYPE.map, 1),
        control(VALUE_TYPE.text, 1),
        Buffer.from("a"),
        pointer(0),
      ]),
    ),
    /contains itself/,
  ],
  [
    "a key that is a number",
    withRecord(
      Buffer.concat([
        control(VALUE_TYPE.map, 1),
        control(VALUE_TYPE.uint16, 0),
        control(VALUE_TYPE.uint16, 0),
      ]),
    ),
    /not a text/,
  ],
  ["an unknown type", withRecord(control(13, 0)), /unknown type/],
  ["a map longer than the file", withRecord(control(VALUE_TYPE.map, 60_000)), /./],
  [
    "bad UTF-8",
    writeMmdb({
      "1.0.0.0/8": {
        ...RECORDS.city,
        postal: { code: mmdb.raw(VALUE_TYPE.text, Buffer.from([0xc3, 0x28])) },
      },
    }),
    /not UTF-8/,
  ],
  [
    "a double of four bytes",
    withLocation({
      latitude: mmdb.raw(VALUE_TYPE.double, Buffer.alloc(4)),
      longitude: mmdb.double(1),
    }),
    /float of 4 bytes/,
  ],
  [
    "a latitude that is not a number",
    withLocation({ latitude: mmdb.double(Number.NaN), longitude: mmdb.double(1) }),
    /NaN/,
  ],
  [
    "a latitude of 1.8e-52, as broken doubles put London",
    withLocation({ latitude: mmdb.double(1.8e-52), longitude: mmdb.double(1) }),
    /coordinate 1.8e-52/,
  ],
  [
    "a latitude of 91",
    withLocation({ latitude: mmdb.double(91), longitude: mmdb.double(1) }),
    /latitude 91/,
  ],
  [
    "a country code of three letters",
    writeMmdb({ "1.0.0.0/8": { country: { iso_code: "GBR" } } }),
    /code GBR/,
  ],
  ["a tree without records", writeMmdb({}), /no known schema/],
  ["records of no known kind", writeMmdb({ "1.0.0.0/8": { weather: "rain" } }), /no known schema/],
])("%s is refused", (_, content, reason) => {
  expect(refusalOf(content)).toMatch(reason);
});

test("every truncation of a sound file is refused", () => {
  expect(refusalOf(sound)).toBe("");
  for (let length = 0; length < sound.length; length++) {
    expect(refusalOf(sound.subarray(0, length)), `cut at ${length}`).not.toBe("");
  }
});

test("a file with any bytes changed is refused, or every lookup in it ends without an error", () => {
  const probes = ["1.2.3.4", "2.2.1.1", "255.0.0.1", "2a00::1", "2001:db9::1"].map(
    (text) => addressFromText(text) as Address,
  );
  const change = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const content = Buffer.from(sound);
      for (const [at, byte] of changes) content[at] = byte;
      if (refusalOf(content) !== "") return;
      const layer = layerOf(inspected("a.mmdb", content), {
        name: "a.mmdb",
        modifiedAt: TEST_TIME,
      });
      for (const probe of probes) {
        const record = layer.find(probe);
        if (record >= 0) layer.place?.(record, "en");
      }
    }),
    { numRuns: 3_000, seed },
  );
  // 3,000 inspections take up to 30 s of CPU, and the machine may be shared.
}, 90_000);

test("a tree as deep as addresses are long is read", () => {
  const deep = writeMmdb({ "2a00::1/128": RECORDS.country, "1.2.3.4/32": RECORDS.city });
  const composer = composerOf({ "deep.mmdb": deep });
  expect(locate(composer, "2a00::1")).toMatchObject({ countryCode: "DE", network: "2a00::1/128" });
  expect(locate(composer, "2a00::")).toEqual({
    ipAddress: "2a00::",
    network: "2a00::/128",
    isOverridden: false,
  });
  expect(locate(composer, "1.2.3.4")).toMatchObject({ city: "London", network: "1.2.3.4/32" });
});

test("blocks that MaxMind leads to the IPv4 part of the tree are counted once and answered as special-purpose", () => {
  const content = writeMmdb(
    { "1.2.3.0/24": RECORDS.city },
    { aliases: ["2002::/16", "2001::/32"] },
  );
  expect(inspected("a.mmdb", content).findings.networks).toBe(1);
  expect(locate(composerOf({ "a.mmdb": content }), "2002:102:304::")).toMatchObject({
    specialPurpose: "6to4",
  });
});
