// Compares every network of the default City dataset with what the package maxmind finds for its first and its last
// address. Takes about a minute: node services/geo/scripts/walk-default-dataset.ts FILE.mmdb
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type CityResponse, Reader } from "maxmind";
import { Address } from "../src/address/address.ts";
import { formatAddress } from "../src/address/write.ts";
import { continentName, countryName } from "../src/derived/country-name.ts";
import { FieldReader } from "../src/layers/field-reader.ts";
import { NestedPlaceReader } from "../src/layers/nested-place.ts";
import type { Place } from "../src/layers/place.ts";
import { withoutCountry } from "../src/layers/subdivision-code.ts";
import { openMmdb } from "../src/mmdb/mmdb-file.ts";
import { NO_RECORD } from "../src/mmdb/search-tree.ts";
import { networks } from "../src/testing/networks.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("give the path of an MMDB file");
const content = readFileSync(path);
const file = openMmdb(content);
const places = new NestedPlaceReader(file.data, new FieldReader(file.data));
const cache = new Map();
const maxmind = new Reader<CityResponse>(content, { cache });

/** What maxmind's record says, in the shape of a place, with the names of CLDR. */
function placeOf(record: CityResponse): Place | undefined {
  const { registered_country: registered, country, continent, ...rest } = record;
  if (country === undefined && continent === undefined && Object.keys(rest).length === 0) {
    return registered && { registeredCountryCode: registered.iso_code };
  }
  const [region, subregion] = record.subdivisions ?? [];
  return {
    city: record.city?.names.en,
    cityGeonameId: record.city?.geoname_id,
    region: region?.names.en,
    regionIsoCode: withoutCountry(region?.iso_code, country?.iso_code),
    regionGeonameId: region?.geoname_id,
    subregion: subregion?.names.en,
    subregionIsoCode: withoutCountry(subregion?.iso_code, country?.iso_code),
    subregionGeonameId: subregion?.geoname_id,
    postalCode: record.postal?.code,
    metroCode: record.location?.metro_code,
    country: country && countryName(country.iso_code, "en"),
    countryCode: country?.iso_code,
    countryGeonameId: country?.geoname_id,
    countryIsEu: country && (country.is_in_european_union ?? false),
    registeredCountryCode: registered?.iso_code,
    continent: continent && continentName(continent.code, "en"),
    continentCode: continent?.code,
    continentGeonameId: continent?.geoname_id,
    latitude: record.location?.latitude,
    longitude: record.location?.longitude,
    accuracyRadiusKm: record.location?.accuracy_radius,
    timezoneName: record.location?.time_zone,
  };
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
