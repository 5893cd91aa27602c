import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { countryFacts } from "../derived/country-facts.ts";
import type { Place } from "../layers/place.ts";
import { ByteWriter } from "./byte-writer.ts";
import { tagOf } from "./tags.ts";

/** Tags of the fields that each record has of its own. */
const TAGS = {
  city: tagOf(LocationSchema.field.city),
  cityGeonameId: tagOf(LocationSchema.field.cityGeonameId),
  postalCode: tagOf(LocationSchema.field.postalCode),
  metroCode: tagOf(LocationSchema.field.metroCode),
  latitude: tagOf(LocationSchema.field.latitude),
  longitude: tagOf(LocationSchema.field.longitude),
  accuracyRadiusKm: tagOf(LocationSchema.field.accuracyRadiusKm),
};

const SHARED_FIELDS = [
  "region",
  "regionIsoCode",
  "regionGeonameId",
  "subregion",
  "subregionIsoCode",
  "subregionGeonameId",
  "country",
  "countryCode",
  "countryGeonameId",
  "countryIsEu",
  "registeredCountryCode",
  "continent",
  "continentCode",
  "continentGeonameId",
] as const;
type SharedFields = Pick<Place, (typeof SHARED_FIELDS)[number]>;

/**
 * Encodes places in two parts. What all records of a region and subregion share, and what follows from the country, is encoded once a
 * region and language and has a number. The fields of a single record are written directly: a dataset has a million
 * records.
 */
export class PlaceEncoder {
  readonly #publicUrl: string;
  readonly #out = new ByteWriter();
  readonly #numbers: Map<string, number> = new Map();
  readonly #shared: Uint8Array[] = [];

  /** Flags are at this URL, as in `flagOf`. */
  constructor(publicUrl: string) {
    this.#publicUrl = publicUrl;
  }

  /** How many parts have a number. */
  get sharedCount(): number {
    return this.#shared.length;
  }

  /** The encoded fields of a single record; valid until the next call. */
  own(place: Place): Uint8Array {
    const out = this.#out;
    out.length = 0;
    out.text(TAGS.city, place.city);
    out.integer(TAGS.cityGeonameId, place.cityGeonameId);
    out.text(TAGS.postalCode, place.postalCode);
    out.integer(TAGS.metroCode, place.metroCode);
    out.double(TAGS.latitude, place.latitude);
    out.double(TAGS.longitude, place.longitude);
    out.integer(TAGS.accuracyRadiusKm, place.accuracyRadiusKm);
    return out.bytes.subarray(0, out.length);
  }

  /** The number of the part with the other fields of a place. */
  sharedNumber(place: Place): number {
    const key = SHARED_FIELDS.map((field) => place[field]).join("\n");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#shared.length;
      this.#numbers.set(key, number);
      this.#shared.push(encodeShared(place, this.#publicUrl));
    }
    return number;
  }

  /** The part with a number. */
  shared(number: number): Uint8Array {
    return this.#shared[number] as Uint8Array;
  }
}

function encodeShared(place: SharedFields, publicUrl: string): Uint8Array {
  const fields = Object.fromEntries(SHARED_FIELDS.map((field) => [field, place[field]]));
  const derived = countryFacts(place.countryCode, publicUrl);
  const countryIsEu = place.countryIsEu ?? derived.countryIsEu;
  return Location.encode(Location.fromPartial({ ...fields, ...derived, countryIsEu })).finish();
}
