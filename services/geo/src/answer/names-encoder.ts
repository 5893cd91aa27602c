import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { Location, Names } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { countryDetails } from "../derived/country-details.ts";
import type { LanguageNames, NameField, PlaceNames } from "../layers/place.ts";
import { ByteWriter } from "./byte-writer.ts";
import { tagOf } from "./tags.ts";

const NAMES_TAG = tagOf(LocationSchema.field.names);
const TAG_BYTES_MAX = 7;
const NOTHING = new Uint8Array(0);

interface SharedPiece {
  /** How many of its bytes belong to `names`. */
  readonly nameBytes: number;
  readonly bytes: Uint8Array;
}

/**
 * Encodes the `names` and `country_facts` of locations in two pieces, one after the other: the beginning with the names of the city,
 * which is that of a single record, and the rest, which all records of a region and subregion share and which has a number.
 */
export class NamesEncoder {
  /** How many bytes the shared pieces and what finds them take, about. */
  sharedBytes = 0;
  readonly #out = new ByteWriter();
  readonly #numbers: Map<string, number> = new Map();
  readonly #shared: SharedPiece[] = [];

  /** The first piece, for the shared piece with a number; valid until the next call. Empty where there are no names. */
  own({ city }: PlaceNames, sharedNumber: number): Uint8Array {
    const cityNames = encodeNames({ city });
    const size = cityNames.length + (this.#shared[sharedNumber] as SharedPiece).nameBytes;
    if (size === 0) return NOTHING;
    const out = this.#out;
    out.length = 0;
    out.reserve(TAG_BYTES_MAX);
    out.varint(NAMES_TAG);
    out.varint(size);
    out.append(cityNames);
    return out.bytes.subarray(0, out.length);
  }

  /** The number of the second piece, for a place in a country. */
  sharedNumber(names: PlaceNames, countryCode: string | undefined): number {
    const { region, subregion, country, continent } = names;
    const key = JSON.stringify([countryCode, region, subregion, country, continent]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#shared.length;
      const encoded = encodeNames({ region, subregion, country, continent });
      const bytes = Buffer.concat([encoded, countryFactsField(countryCode)]);
      this.#numbers.set(key, number);
      this.#shared.push({ nameBytes: encoded.length, bytes });
      this.sharedBytes += 2 * key.length + bytes.length;
    }
    return number;
  }

  /** The second piece with a number. */
  shared(number: number): Uint8Array {
    return (this.#shared[number] as SharedPiece).bytes;
  }
}

/** The whole field with some names; empty where there are none. */
export function namesField(names: PlaceNames): Uint8Array {
  const message = namesMessage(names);
  const hasNames = Object.keys(message).length > 0;
  return Location.encode(Location.fromPartial(hasNames ? { names: message } : {})).finish();
}

/** The whole field with the facts of a country; empty for none. */
export function countryFactsField(countryCode: string | undefined): Uint8Array {
  const countryFacts = countryDetails(countryCode);
  return Location.encode(Location.fromPartial({ countryFacts })).finish();
}

function encodeNames(names: PlaceNames): Uint8Array {
  return Names.encode(Names.fromPartial(namesMessage(names))).finish();
}

function namesMessage(names: PlaceNames): Partial<Record<NameField, LanguageNames>> {
  const hasName = (byLanguage: LanguageNames = {}) => Object.keys(byLanguage).length > 0;
  return Object.fromEntries(Object.entries(names).filter(([, byLanguage]) => hasName(byLanguage)));
}
