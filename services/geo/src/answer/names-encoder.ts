import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { Location, Names } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { LanguageNames, NameField, PlaceNames } from "../layers/place.ts";
import { ByteWriter } from "./byte-writer.ts";
import { tagOf } from "./tags.ts";

const NAMES_TAG = tagOf(LocationSchema.field.names);
const TAG_BYTES_MAX = 7;
const NOTHING = new Uint8Array(0);

/**
 * Encodes the `names` of locations in two pieces, one after the other: the beginning with the names of the city, which is that
 * of a single record, and the rest, which all records of a region and subregion share and which has a number.
 */
export class NamesEncoder {
  /** How many bytes the shared pieces and what finds them take, about. */
  sharedBytes = 0;
  readonly #out = new ByteWriter();
  readonly #numbers: Map<string, number> = new Map();
  readonly #shared: Uint8Array[] = [];

  /** The first piece, for the shared piece with a number; valid until the next call. Empty where there are no names. */
  own({ city }: PlaceNames, sharedNumber: number): Uint8Array {
    const cityNames = encodeNames({ city });
    const size = cityNames.length + this.shared(sharedNumber).length;
    if (size === 0) return NOTHING;
    const out = this.#out;
    out.length = 0;
    out.reserve(TAG_BYTES_MAX);
    out.varint(NAMES_TAG);
    out.varint(size);
    out.append(cityNames);
    return out.bytes.subarray(0, out.length);
  }

  /** The number of the second piece. */
  sharedNumber({ region, subregion, country, continent }: PlaceNames): number {
    const key = JSON.stringify([region, subregion, country, continent]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#shared.length;
      const encoded = encodeNames({ region, subregion, country, continent });
      this.#numbers.set(key, number);
      this.#shared.push(encoded);
      this.sharedBytes += 2 * key.length + encoded.length;
    }
    return number;
  }

  /** The second piece with a number. */
  shared(number: number): Uint8Array {
    return this.#shared[number] as Uint8Array;
  }
}

/** The whole field with some names; empty where there are none. */
export function namesField(names: PlaceNames): Uint8Array {
  const message = namesMessage(names);
  const hasNames = Object.keys(message).length > 0;
  return Location.encode(Location.fromPartial(hasNames ? { names: message } : {})).finish();
}

function encodeNames(names: PlaceNames): Uint8Array {
  return Names.encode(Names.fromPartial(namesMessage(names))).finish();
}

function namesMessage(names: PlaceNames): Partial<Record<NameField, LanguageNames>> {
  const hasName = (byLanguage: LanguageNames = {}) => Object.keys(byLanguage).length > 0;
  return Object.fromEntries(Object.entries(names).filter(([, byLanguage]) => hasName(byLanguage)));
}
