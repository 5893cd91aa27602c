import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { AddressPart } from "./address-part.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { type FixedParts, NO_ORDINAL } from "./fixed-parts.ts";
import type { PlaceParts } from "./place-parts.ts";
import { NO_ZONE, type ZoneParts } from "./zone-parts.ts";

const NONE = -1;
const NOTHING = new Uint8Array(0);
const NOT_OVERRIDDEN = Location.encode(Location.fromPartial({ isOverridden: false })).finish();

/** The parts that a location may have, in the order of `PreparedLocation.ordinals`. */
export const PART_KINDS = ["place", "zone", "connection", "security"] as const;

/** A kind of parts. */
export type PartKind = (typeof PART_KINDS)[number];

/** Where the parts of a location are kept. */
export interface PreparedLocationDeps {
  readonly address: AddressPart;
  readonly places: PlaceParts;
  readonly zones: ZoneParts;
  readonly connections: ConnectionParts;
  /** By the index of a registry entry. */
  readonly special: FixedParts;
}

/** Of what parts the location of one address consists. It is written as a whole, or by the ordinals of its parts. */
export class PreparedLocation {
  /** Slot of the place; -1 for none. */
  place = NONE;
  /** Slot of the names of the place and the facts of its country; -1 where they were not asked for. */
  names = NONE;
  /** Number of the time zone. */
  zone = NO_ZONE;
  /** Slot of the connection; -1 for none. */
  connection = NONE;
  /** Index of the registry entry of a special-purpose address, which then has no other part; -1 for none. */
  special = NONE;
  security: FixedParts | undefined;
  securityBits = 0;
  /** All encoded fields of an overridden address but the zone and those of the address. */
  overridden: Uint8Array | undefined;
  readonly address: AddressPart;
  readonly #deps: PreparedLocationDeps;

  constructor(deps: PreparedLocationDeps) {
    this.#deps = deps;
    this.address = deps.address;
  }

  /** Forgets the parts of the last address. */
  clear(): void {
    this.place = NONE;
    this.names = NONE;
    this.zone = NO_ZONE;
    this.connection = NONE;
    this.special = NONE;
    this.security = undefined;
    this.overridden = undefined;
  }

  /** The size of the encoded `Location` in bytes. */
  get size(): number {
    const { place, connection } = this;
    const { zones, connections } = this.#deps;
    let size = this.address.length + zones.part(this.zone).length + this.#own().length;
    if (place >= 0) size += this.#placeSize();
    if (connection >= 0) size += connections.cache.length(connection);
    return this.overridden === undefined ? size + NOT_OVERRIDDEN.length : size;
  }

  /** Appends the encoded `Location`; its bytes must be reserved. */
  write(out: ByteWriter): void {
    out.copy(this.address.bytes, this.address.length);
    if (this.place >= 0) this.#writePlace(out);
    out.append(this.#deps.zones.part(this.zone));
    if (this.connection >= 0) this.#deps.connections.cache.append(this.connection, out);
    out.append(this.#own());
    if (this.overridden === undefined) out.copy(NOT_OVERRIDDEN, NOT_OVERRIDDEN.length);
  }

  /**
   * The ordinals of its parts by the index of their kind in PART_KINDS, NO_ORDINAL for a part that it does not have. False
   * for an overridden address, which has no parts that others share.
   */
  ordinals(into: Int32Array): boolean {
    if (this.overridden !== undefined) return false;
    const { places, zones, connections, special } = this.#deps;
    into[0] = NO_ORDINAL;
    if (this.names >= 0) into[0] = places.names.ordinal(this.names);
    else if (this.place >= 0) into[0] = places.cache.ordinal(this.place);
    else if (this.special >= 0) into[0] = special.ordinal(this.special);
    into[1] = zones.ordinal(this.zone);
    into[2] = this.connection < 0 ? NO_ORDINAL : connections.cache.ordinal(this.connection);
    into[3] = this.security?.ordinal(this.securityBits) ?? NO_ORDINAL;
    return true;
  }

  /** The size of a part that it has, in bytes. */
  partSize(kind: PartKind): number {
    const { connections } = this.#deps;
    if (kind === "connection") return connections.cache.length(this.connection);
    if (kind !== "place" || this.place < 0) return this.#flatPart(kind).length;
    return this.#placeSize();
  }

  /** Appends the message of a part that it has; its bytes must be reserved. */
  writePart(kind: PartKind, out: ByteWriter): void {
    if (kind === "connection") this.#deps.connections.cache.append(this.connection, out);
    else if (kind === "place" && this.place >= 0) this.#writePlace(out);
    else out.append(this.#flatPart(kind));
  }

  /** What is no part of the caches. */
  #own(): Uint8Array {
    if (this.overridden !== undefined) return this.overridden;
    if (this.special >= 0) return this.#deps.special.part(this.special);
    return this.security?.part(this.securityBits) ?? NOTHING;
  }

  #flatPart(kind: PartKind): Uint8Array {
    return kind === "zone" ? this.#deps.zones.definition(this.zone) : this.#own();
  }

  #placeSize(): number {
    const { places } = this.#deps;
    const size = places.cache.length(this.place) + places.shared(this.place).length;
    return this.names < 0 ? size : size + places.names.length(this.names);
  }

  #writePlace(out: ByteWriter): void {
    const { places } = this.#deps;
    places.cache.append(this.place, out);
    out.append(places.shared(this.place));
    if (this.names >= 0) places.names.append(this.names, out);
  }
}
