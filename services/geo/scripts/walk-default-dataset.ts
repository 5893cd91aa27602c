// Compares every network of the default City dataset with what the package maxmind finds for its first and its last
// address. Takes about a minute: node services/geo/scripts/walk-default-dataset.ts FILE.mmdb
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type CityResponse, Reader } from "maxmind";
import { Address } from "../src/address/address.ts";
import { formatAddress } from "../src/address/write.ts";
import { FieldReader } from "../src/layers/field-reader.ts";
import { NestedPlaceReader } from "../src/layers/nested-place.ts";
import type { Place } from "../src/layers/place.ts";
import { type MmdbFile, openMmdb } from "../src/mmdb/mmdb-file.ts";
import { NO_RECORD } from "../src/mmdb/search-tree.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("give the path of an MMDB file");
const content = readFileSync(path);
const file = openMmdb(content);
const places = new NestedPlaceReader(file.data, new FieldReader(file.data));
const cache = new Map();
const maxmind = new Reader<CityResponse>(content, { cache });

/** What maxmind's record says, in the shape of a place. */
function placeOf(record: CityResponse): Place {
  const [region, subregion] = record.subdivisions ?? [];
  return {
    city: record.city?.names.en,
    cityGeonameId: record.city?.geoname_id,
    region: region?.names.en,
    regionIsoCode: region?.iso_code,
    regionGeonameId: region?.geoname_id,
    subregion: subregion?.names.en,
    subregionIsoCode: subregion?.iso_code,
    subregionGeonameId: subregion?.geoname_id,
    postalCode: record.postal?.code,
    metroCode: record.location?.metro_code,
    country: record.country?.names.en,
    countryCode: record.country?.iso_code,
    countryGeonameId: record.country?.geoname_id,
    countryIsEu: record.country && (record.country.is_in_european_union ?? false),
    registeredCountryCode: record.registered_country?.iso_code,
    continent: record.continent?.names.en,
    continentCode: record.continent?.code,
    continentGeonameId: record.continent?.geoname_id,
    latitude: record.location?.latitude,
    longitude: record.location?.longitude,
    accuracyRadiusKm: record.location?.accuracy_radius,
    timezoneName: record.location?.time_zone,
  };
}

/** Every network of the tree, with or without a record, by its first address and prefix length. */
function* networks({
  tree,
  metadata,
}: MmdbFile): Generator<[first: Address, prefixLength: number]> {
  const stack: [node: number, depth: number, words: number[]][] = [[0, 0, [0, 0, 0, 0]]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, depth, words] = top;
    if (node >= metadata.nodeCount) {
      const first = new Address();
      first.words.set(words);
      first.isIpv4 = depth >= 96 && words[0] === 0 && words[1] === 0 && words[2] === 0;
      yield [first, first.isIpv4 ? depth - 96 : depth];
      continue;
    }
    const right = [...words];
    right[depth >> 5] = ((right[depth >> 5] as number) | (1 << (31 - (depth & 31)))) >>> 0;
    stack.push([tree.record(node, 1), depth + 1, right], [tree.record(node, 0), depth + 1, words]);
  }
}

const compared = new Map<number, CityResponse>();
let count = 0;
let differences = 0;

function compare(address: Address, prefixLength: number): void {
  const record = file.tree.find(address);
  const [expected, expectedLength] = maxmind.getWithPrefixLength(formatAddress(address));
  const isSameLength = file.tree.prefixLength === prefixLength && expectedLength === prefixLength;
  const known = compared.get(record);
  let isSameRecord = record === NO_RECORD ? expected === null : known === expected;
  if (known === undefined && expected !== null && record !== NO_RECORD) {
    compared.set(record, expected);
    isSameRecord = isDeepStrictEqual(places.read(record, "en"), placeOf(expected));
  }
  if (isSameLength && isSameRecord) return;
  differences++;
  process.stdout.write(`${formatAddress(address)}/${prefixLength} differs\n`);
}

const last = new Address();
for (const [first, prefixLength] of networks(file)) {
  compare(first, prefixLength);
  last.copyFrom(first);
  last.fill(prefixLength);
  compare(last, prefixLength);
  count++;
}
process.stdout.write(`${count} networks, ${compared.size} records, ${differences} differences\n`);
process.exitCode = differences === 0 ? 0 : 1;
