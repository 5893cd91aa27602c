import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { Address } from "../address/address.ts";
import { networkTextBytesMax, writeAddress, writeNetwork } from "../address/write.ts";
import { type Language, languages } from "../languages.ts";
import type { Layer } from "../layers/layer.ts";
import { noRecord } from "../mmdb/search-tree.ts";
import type { SpecialPurpose } from "../special/special-purpose.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { PartCache } from "./part-cache.ts";
import { noZone, ZoneParts } from "./zone-parts.ts";

const placeBytesMax = 96 * 1024 * 1024;
const noPlace = 0xffff;
const ipAddressTag = 0x0a;
const networkTag = 0x12;
const nothing: Uint8Array = new Uint8Array(0);

/**
 * Composes encoded `Location` messages out of parts. Protobuf fields may follow each other in any
 * order, so an answer is the fields of the address, then the bytes kept for the records it hit.
 * Use: `prepare` tells the size, then `write` appends; both work on one address at a time.
 */
export class LocationComposer {
  readonly #places: readonly Layer[];
  readonly #special: SpecialPurpose;
  readonly #specialParts: readonly Uint8Array[];
  readonly #placeParts = new PartCache(placeBytesMax);
  readonly #zones = new ZoneParts();
  readonly #network = new Address();
  readonly #head = Buffer.alloc(2 * (networkTextBytesMax + 2));
  #headLength = 0;
  #prefixLength = 0;
  #placeSlot = -1;
  #tail = nothing;

  /** `places` in order of precedence: all place fields of an answer come from one of them. */
  constructor(places: readonly Layer[], special: SpecialPurpose) {
    this.#places = places;
    this.#special = special;
    this.#specialParts = special.names.map((specialPurpose) =>
      Location.encode(Location.fromPartial({ specialPurpose })).finish(),
    );
  }

  /** Looks the address up and returns how many bytes its `Location` takes. */
  prepare(address: Address, language: Language): number {
    const { table } = this.#special;
    const segment = table.find(address);
    const special = table.value(segment, address);
    this.#prefixLength = table.prefixLength(segment, address);
    this.#placeSlot = -1;
    if (special >= 0) {
      this.#tail = this.#specialParts[special] as Uint8Array;
    } else {
      this.#placeSlot = this.#findPlace(address, languages.indexOf(language));
      const zone = this.#placeSlot < 0 ? noZone : this.#placeParts.tag(this.#placeSlot);
      this.#tail = this.#zones.part(zone);
    }
    this.#writeHead(address);
    const place = this.#placeSlot < 0 ? 0 : this.#placeParts.length(this.#placeSlot);
    return this.#headLength + place + this.#tail.length;
  }

  /** Appends the prepared `Location`. */
  write(out: ByteWriter): void {
    out.append(this.#head.subarray(0, this.#headLength));
    if (this.#placeSlot >= 0) {
      const length = this.#placeParts.length(this.#placeSlot);
      out.reserve(length);
      this.#placeParts.copy(this.#placeSlot, out.bytes, out.length);
      out.length += length;
    }
    out.append(this.#tail);
  }

  #writeHead(address: Address): void {
    const head = this.#head;
    const addressEnd = writeAddress(address, head, 2);
    head[0] = ipAddressTag;
    head[1] = addressEnd - 2;
    this.#network.copyFrom(address);
    this.#network.mask(this.#prefixLength);
    const networkStart = addressEnd + 2;
    this.#headLength = writeNetwork(this.#network, this.#prefixLength, head, networkStart);
    head[addressEnd] = networkTag;
    head[addressEnd + 1] = this.#headLength - networkStart;
  }

  /** The slot of the first layer's part that has a place for the address, or -1. */
  #findPlace(address: Address, language: number): number {
    for (let i = 0; i < this.#places.length; i++) {
      const layer = this.#places[i] as Layer;
      const record = layer.find(address);
      this.#prefixLength = Math.max(this.#prefixLength, layer.prefixLength);
      if (record === noRecord) continue;
      const variant = i * languages.length + language;
      let slot = this.#placeParts.find(record, variant);
      if (slot < 0) slot = this.#addPlace(layer, record, variant);
      if (this.#placeParts.tag(slot) !== noPlace) return slot;
    }
    return -1;
  }

  #addPlace(layer: Layer, record: number, variant: number): number {
    const language = languages[variant % languages.length] as Language;
    const place = layer.place?.(record, language);
    if (place === undefined) return this.#placeParts.add(record, variant, nothing, noPlace);
    const { timezoneName, ...fields } = place;
    const part = Location.encode(Location.fromPartial(fields)).finish();
    return this.#placeParts.add(record, variant, part, this.#zones.number(timezoneName));
  }
}
