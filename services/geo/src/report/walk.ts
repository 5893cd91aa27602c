import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { Address } from "../address/address.ts";
import type { Sources } from "../answer/location-composer.ts";
import { type Override, overridePlace } from "../overrides/override.ts";
import { connectionFlags, FLAG_BITS, securityMessage, trueBits } from "../security/flags.ts";
import { SecurityIndex } from "../security/security-index.ts";
import { ConnectionFacts } from "./connection-facts.ts";
import type { Family } from "./family.ts";
import { type PlaceKind, PlaceKinds } from "./place-kinds.ts";

/** What is answered for all addresses of one network. The same object at each step of a walk. */
export interface Step {
  /** The first address of the network. */
  readonly first: Address;
  /** Length of its prefix, in bits of the family. */
  prefixLength: number;
  /** Addresses without a place, such as private ones. */
  isSpecial: boolean;
  /** Undefined where nothing is known of places. */
  place: PlaceKind | undefined;
  /** The autonomous system that announces it. */
  systemNumber: number | undefined;
  /** The flags that are true, as bits. */
  flags: number;
}

/** Asks what answers are composed of for every address of a family, one network after the other. */
export class Walk {
  readonly #sources: Sources;
  readonly #security: SecurityIndex;
  readonly #places: PlaceKinds;
  readonly #connections: ConnectionFacts;
  readonly #settled: Map<number, number> = new Map();

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#security = new SecurityIndex(sources.lists, sources);
    this.#places = new PlaceKinds(sources.layers.filter(({ place }) => place !== undefined));
    this.#connections = new ConnectionFacts(sources);
  }

  /** Whether datasets tell which addresses are announced. */
  get knowsSystems(): boolean {
    return this.#sources.systems.length > 0;
  }

  /** Every network of a family, ascending; each is as large as its answer allows, and together they are all addresses. */
  *steps(family: Family): Generator<Step> {
    const step = newStep();
    const { first } = step;
    first.isIpv4 = family === "ipv4";
    do {
      this.ask(step);
      yield step;
      first.fill(step.prefixLength);
    } while (first.increment());
  }

  /** Sets what is answered for the address `first` of a step, and the length of the prefix that this holds for. */
  ask(step: Step): void {
    const { special, overrides } = this.#sources;
    const { first } = step;
    const segment = special.table.find(first);
    const override = overrides.find(first);
    const length = Math.max(special.table.prefixLength(segment, first), overrides.prefixLength);
    step.isSpecial = override === undefined && special.table.value(segment, first) >= 0;
    step.place = undefined;
    step.systemNumber = undefined;
    step.flags = 0;
    step.prefixLength = step.isSpecial ? length : this.#askOrdinary(step, override, length);
  }

  #askOrdinary(step: Step, override: Override | undefined, length: number): number {
    const [places, connections, security] = [this.#places, this.#connections, this.#security];
    const { first } = step;
    step.place = places.find(first);
    let connection = connections.find(first);
    if (override !== undefined) {
      step.place = places.of(overridePlace(places.read(first), override, "en"));
      connection = { ...connection, ...override.connection };
    }
    step.systemNumber = connection.autonomousSystemNumber;
    const isTrue = security.addressBits(first) | security.systemBits(step.systemNumber);
    const isPlain = override === undefined && !connections.hasFlags;
    step.flags = isPlain ? this.#plain(isTrue) : settled(isTrue, connection, override);
    return Math.max(length, places.prefixLength, connections.prefixLength, security.prefixLength);
  }

  /** The same as `settled`, for flags of lists alone: there are few combinations. */
  #plain(isTrue: number): number {
    let bits = this.#settled.get(isTrue);
    if (bits === undefined) {
      bits = settled(isTrue, {}, undefined);
      this.#settled.set(isTrue, bits);
    }
    return bits;
  }
}

/** A step before the first one. */
export function newStep(): Step {
  const first = new Address();
  const nothing = { place: undefined, systemNumber: undefined, flags: 0 };
  return { first, prefixLength: 0, isSpecial: false, ...nothing };
}

/** The bits of the flags that an answer has as true. */
function settled(
  isTrue: number,
  facts: Partial<Connection>,
  override: Override | undefined,
): number {
  const flags = { isTrue, isKnown: 0 };
  const connection = { ...connectionFlags(facts, flags), ...override?.connection };
  return (
    trueBits(securityMessage(flags, override?.security)) |
    (connection.isMobile === true ? FLAG_BITS.mobile : 0) |
    (connection.isSatellite === true ? FLAG_BITS.satellite : 0) |
    (connection.isAnycast === true ? FLAG_BITS.anycast : 0)
  );
}
