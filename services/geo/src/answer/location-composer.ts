import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import { LANGUAGES, type Language } from "../layers/languages.ts";
import type { Layer } from "../layers/layer.ts";
import { type Override, overridePlace } from "../overrides/override.ts";
import type { OverrideTable } from "../overrides/override-table.ts";
import { securityMessage } from "../security/flags.ts";
import { SecurityIndex, type SecurityLists } from "../security/security-index.ts";
import type { SpecialPurpose } from "../special/special-purpose.ts";
import { AddressPart } from "./address-part.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { ConnectionParts } from "./connection-parts.ts";
import { PlaceParts } from "./place-parts.ts";
import { SecurityParts } from "./security-parts.ts";
import { ZoneParts } from "./zone-parts.ts";

/** What answers are composed of. */
export interface Sources {
  /** In order of precedence: all place fields of an answer come from the first layer that has a place. */
  readonly layers: readonly Layer[];
  readonly special: SpecialPurpose;
  readonly overrides: OverrideTable;
  readonly lists: SecurityLists;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const NO_SLOT = -1;

/**
 * Composes encoded `Location` messages out of parts. Protobuf fields may stand in any order, so an answer is the fields
 * of the address, then the bytes that are kept for its records. Call `setTime` once a request; then for each address
 * `prepare`, which returns the size, and `write`.
 */
export class LocationComposer {
  readonly #special: SpecialPurpose;
  readonly #specialParts: readonly Uint8Array[];
  readonly #overrides: OverrideTable;
  readonly #zones = new ZoneParts();
  readonly #places: PlaceParts;
  readonly #security: SecurityIndex;
  readonly #connections: ConnectionParts;
  readonly #securityParts: { readonly ipv4: SecurityParts; readonly ipv6: SecurityParts };
  readonly #address = new AddressPart();
  #placeSlot = NO_SLOT;
  #connectionSlot = NO_SLOT;
  #sharedPart = NOTHING;
  #zonePart = NOTHING;
  #lastPart = NOTHING;

  constructor({ layers, special, overrides, lists }: Sources) {
    this.#special = special;
    this.#specialParts = special.names.map((specialPurpose) =>
      Location.encode(Location.fromPartial({ specialPurpose })).finish(),
    );
    this.#overrides = overrides;
    this.#places = new PlaceParts(
      layers.filter(({ place }) => place !== undefined),
      this.#zones,
    );
    this.#security = new SecurityIndex(lists, layers);
    this.#connections = new ConnectionParts(
      layers.filter(({ connection }) => connection !== undefined),
      (asn) => this.#security.systemBits(asn),
    );
    const { isKnown } = this.#security;
    this.#securityParts = {
      ipv4: new SecurityParts(isKnown.ipv4),
      ipv6: new SecurityParts(isKnown.ipv6),
    };
  }

  /** Sets the moment that the next answers are for, in milliseconds of Unix time. */
  setTime(wallMs: number): void {
    this.#zones.setTime(wallMs);
  }

  /** Looks an address up and returns the size of its `Location` in bytes. */
  prepare(address: Address, language: Language): number {
    const { table } = this.#special;
    const segment = table.find(address);
    const special = table.value(segment, address);
    const override = this.#overrides.find(address);
    const basePrefix = Math.max(table.prefixLength(segment, address), this.#overrides.prefixLength);
    this.#placeSlot = NO_SLOT;
    this.#connectionSlot = NO_SLOT;
    this.#sharedPart = NOTHING;
    this.#zonePart = NOTHING;
    let prefixLength = basePrefix;
    if (override !== undefined) {
      prefixLength = Math.max(prefixLength, this.#prepareOverridden(address, language, override));
    } else if (special >= 0) this.#lastPart = this.#specialParts[special] as Uint8Array;
    else prefixLength = Math.max(prefixLength, this.#prepareOrdinary(address, language));
    this.#address.set(address, prefixLength);
    return this.#length();
  }

  /** Appends the prepared `Location`. */
  write(out: ByteWriter): void {
    out.reserve(this.#length());
    out.copy(this.#address.bytes, this.#address.length);
    if (this.#placeSlot >= 0) this.#places.cache.append(this.#placeSlot, out);
    out.append(this.#sharedPart);
    out.append(this.#zonePart);
    if (this.#connectionSlot >= 0) this.#connections.cache.append(this.#connectionSlot, out);
    out.append(this.#lastPart);
  }

  #length(): number {
    const place = this.#placeSlot < 0 ? 0 : this.#places.cache.length(this.#placeSlot);
    const connection =
      this.#connectionSlot < 0 ? 0 : this.#connections.cache.length(this.#connectionSlot);
    const parts = this.#sharedPart.length + this.#zonePart.length + this.#lastPart.length;
    return this.#address.length + place + connection + parts;
  }

  /** Prepares an address without an override and returns the length of the prefix that the parts hold for. */
  #prepareOrdinary(address: Address, language: Language): number {
    const places = this.#places;
    this.#placeSlot = places.find(address, LANGUAGES.indexOf(language));
    if (this.#placeSlot >= 0) {
      this.#sharedPart = places.shared(this.#placeSlot);
      this.#zonePart = this.#zones.part(places.zone(this.#placeSlot));
    }
    const connections = this.#connections;
    this.#connectionSlot = connections.find(address);
    const systemBits = this.#connectionSlot < 0 ? 0 : connections.cache.tag(this.#connectionSlot);
    const bits = this.#security.trueBits(address, systemBits);
    this.#lastPart = this.#securityParts[familyOf(address)].part(bits);
    return Math.max(places.prefixLength, connections.prefixLength, this.#security.prefixLength);
  }

  /** Prepares an address with an override and returns the length of the prefix that the parts hold for. */
  #prepareOverridden(address: Address, language: Language, override: Override): number {
    const place = overridePlace(this.#places.facts(address, language), override.place);
    const connection = { ...this.#connections.facts(address), ...override.connection };
    const systemBits = this.#security.systemBits(connection.autonomousSystemNumber);
    const isTrue = this.#security.trueBits(address, systemBits);
    const listed = securityMessage({ isTrue, isKnown: this.#security.isKnown[familyOf(address)] });
    const security = { ...listed, ...override.security };
    const rest = Location.fromPartial({ connection, security, isOverridden: true });
    this.#zonePart = this.#zones.part(this.#zones.number(place.timezoneName));
    this.#lastPart = Buffer.concat([this.#places.encode(place), Location.encode(rest).finish()]);
    return Math.max(
      this.#places.prefixLength,
      this.#connections.prefixLength,
      this.#security.prefixLength,
    );
  }
}

function familyOf(address: Address): "ipv4" | "ipv6" {
  return address.isIpv4 ? "ipv4" : "ipv6";
}
