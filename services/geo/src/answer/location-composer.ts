import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { LANGUAGES } from "@geomesh/terms/languages";
import type { Address } from "../address/address.ts";
import type { Naming } from "../layers/languages.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { type Override, overrideNames, overridePlace } from "../overrides/override.ts";
import type { OverrideTable } from "../overrides/override-table.ts";
import { connectionFlags, SECURITY_BITS, securityMessage } from "../security/flags.ts";
import { SecurityIndex, type SecurityLists } from "../security/security-index.ts";
import type { SpecialPurpose } from "../special/special-purpose.ts";
import { AddressPart } from "./address-part.ts";
import { ConnectionParts } from "./connection-parts.ts";
import { FixedParts } from "./fixed-parts.ts";
import { countryFactsField, namesField } from "./names-encoder.ts";
import { PartOrdinals } from "./part-ordinals.ts";
import { PlaceParts } from "./place-parts.ts";
import { PreparedLocation } from "./prepared-location.ts";
import { securityParts } from "./security-parts.ts";
import { ZoneParts } from "./zone-parts.ts";

const NOTHING = new Uint8Array(0);

/** What answers are composed of. */
export interface Sources {
  /** In order of precedence: all place fields of an answer come from the first layer that has a place. */
  readonly layers: readonly Layer[];
  /** What autonomous systems come from: some of the layers, or what several of them say together. */
  readonly systems: readonly SystemLayer[];
  readonly special: SpecialPurpose;
  readonly overrides: OverrideTable;
  readonly lists: SecurityLists;
}

/** How much a composer keeps, and where flags are. */
export interface ComposerOptions {
  /** Most parts that are kept; default 2,097,152. */
  readonly partsMax?: number;
  /** The URL of the gateway for clients, without a slash at its end; default is none, which makes flags paths. */
  readonly publicUrl?: string;
}

/**
 * Composes encoded `Location` messages out of parts. Protobuf fields may stand in any order, so an answer is the fields
 * of the address, then the bytes that are kept for its records. Call `setTime` once a request; then for each address
 * `prepare`, whose result holds until the next call.
 */
export class LocationComposer {
  readonly #special: SpecialPurpose;
  readonly #overrides: OverrideTable;
  readonly #ordinals: PartOrdinals;
  readonly #zones: ZoneParts;
  readonly #places: PlaceParts;
  readonly #security: SecurityIndex;
  readonly #connections: ConnectionParts;
  readonly #securityParts: { readonly ipv4: FixedParts; readonly ipv6: FixedParts };
  readonly #address = new AddressPart();
  readonly #prepared: PreparedLocation;

  constructor(
    { layers, systems, special, overrides, lists }: Sources,
    options: ComposerOptions = {},
  ) {
    const { partsMax, publicUrl = "" } = options;
    const ordinals = new PartOrdinals(partsMax);
    this.#ordinals = ordinals;
    this.#special = special;
    this.#overrides = overrides;
    this.#zones = new ZoneParts(ordinals);
    const placed = layers.filter(({ place }) => place !== undefined);
    this.#places = new PlaceParts({ layers: placed, zones: this.#zones, ordinals, publicUrl });
    this.#security = new SecurityIndex(lists, { layers, systems });
    this.#connections = new ConnectionParts({
      sources: { layers, systems },
      flags: this.#security,
      ordinals,
    });
    const { isKnown } = this.#security;
    this.#securityParts = {
      ipv4: securityParts(isKnown.ipv4, ordinals),
      ipv6: securityParts(isKnown.ipv6, ordinals),
    };
    this.#prepared = new PreparedLocation({
      address: this.#address,
      places: this.#places,
      zones: this.#zones,
      connections: this.#connections,
      special: new FixedParts(special.names.map(encodeSpecial), ordinals),
    });
  }

  /** Grows each time all ordinals of parts become void, which any call may cause. */
  get epoch(): number {
    return this.#ordinals.epoch;
  }

  /** Sets the moment that the next answers are for, in milliseconds of Unix time. */
  setTime(wallMs: number): void {
    this.#zones.setTime(wallMs);
  }

  /** Looks an address up. */
  prepare(address: Address, naming: Naming): PreparedLocation {
    const { table } = this.#special;
    const segment = table.find(address);
    const special = table.value(segment, address);
    const override = this.#overrides.find(address);
    let prefixLength = Math.max(table.prefixLength(segment, address), this.#overrides.prefixLength);
    this.#prepared.clear();
    if (override !== undefined) {
      prefixLength = Math.max(prefixLength, this.#prepareOverridden(address, naming, override));
    } else if (special >= 0) this.#prepared.special = special;
    else prefixLength = Math.max(prefixLength, this.#prepareOrdinary(address, naming));
    this.#address.set(address, prefixLength);
    return this.#prepared;
  }

  /** Prepares an address without an override and returns the length of the prefix that the parts hold for. */
  #prepareOrdinary(address: Address, { language, withNames }: Naming): number {
    const [places, connections, prepared] = [this.#places, this.#connections, this.#prepared];
    const languageIndex = LANGUAGES.indexOf(language);
    prepared.place = places.find(address, languageIndex);
    if (prepared.place >= 0) {
      prepared.zone = places.zone(prepared.place);
      if (withNames) prepared.names = places.findNames();
    }
    const addressBits = this.#security.addressBits(address);
    prepared.connection = connections.find(address, addressBits);
    const systemBits = prepared.connection < 0 ? 0 : connections.cache.tag(prepared.connection);
    prepared.securityBits = (addressBits | systemBits) & SECURITY_BITS;
    prepared.security = this.#securityParts[familyOf(address)];
    return Math.max(places.prefixLength, connections.prefixLength, this.#security.prefixLength);
  }

  /** Prepares an address with an override and returns the length of the prefix that the parts hold for. */
  #prepareOverridden(address: Address, naming: Naming, override: Override): number {
    const { language, withNames } = naming;
    const record = this.#places.facts(address, language);
    const place = overridePlace(record, override, language);
    const facts = { ...this.#connections.facts(address), ...override.connection };
    const systemBits = this.#security.systemBits(facts.autonomousSystemNumber);
    const isTrue = this.#security.addressBits(address) | systemBits;
    const flags = { isTrue, isKnown: this.#security.isKnown[familyOf(address)] };
    const connection = { ...facts, ...connectionFlags(facts, flags), ...override.connection };
    const security = securityMessage(flags, override.security);
    const names = withNames ? overrideNames(record, this.#places.nameFacts(), override) : {};
    const rest = Location.fromPartial({ connection, security, isOverridden: true });
    this.#prepared.zone = this.#zones.number(place.timezoneName);
    this.#prepared.overridden = Buffer.concat([
      this.#places.encode(place),
      namesField(names),
      withNames ? countryFactsField(place.countryCode) : NOTHING,
      Location.encode(rest).finish(),
    ]);
    return Math.max(
      this.#places.prefixLength,
      this.#connections.prefixLength,
      this.#security.prefixLength,
    );
  }
}

function encodeSpecial(specialPurpose: string): Uint8Array {
  return Location.encode(Location.fromPartial({ specialPurpose })).finish();
}

function familyOf(address: Address): "ipv4" | "ipv6" {
  return address.isIpv4 ? "ipv4" : "ipv6";
}
