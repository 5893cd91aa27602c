import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import { formatAddress } from "../address/write.ts";
import type { Sources } from "../answer/location-composer.ts";
import { PartOrdinals } from "../answer/part-ordinals.ts";
import { ZoneParts } from "../answer/zone-parts.ts";
import { countryFacts } from "../derived/country-facts.ts";
import { TZDATA_VERSION } from "../derived/zone-histories.ts";
import type { OverrideEntry } from "../overrides/override-table.ts";
import { SPECIAL_PURPOSE_REGISTRY } from "../special/registry.ts";
import { networkOf, type Origins } from "./origins.ts";
import { traceNetwork } from "./trace-network.ts";
import { type TracedPlace, traceOverride, tracePlace } from "./trace-place.ts";
import type { ListWitnesses } from "./witnesses.ts";

/** What an explanation works with. */
export interface ExplainDeps {
  readonly sources: Sources;
  /** The lists of `sources` with their names. */
  readonly lists: ListWitnesses;
  /** The moment of the answer, in milliseconds of Unix time. */
  readonly wallMs: number;
  /** Flags are at this URL, as in `flagOf`. */
  readonly publicUrl: string;
}

/** A location and where each of its fields comes from. */
export interface Explanation {
  readonly location: Location;
  /** By the names of fields such as `city`, `timezone.name` or `flag`, which stands for all in it. */
  readonly origins: Origins<string>;
  /** What the record of the place says and is not answered. */
  readonly leftOut: TracedPlace["leftOut"];
}

type Found = Pick<Explanation, "origins" | "leftOut"> & {
  readonly location: Partial<Location>;
  readonly prefixLength: number;
};

const BY_COUNTRY = "by country_code";

/** Composes a location as lookups do, but slowly: each source is asked by itself, and what it says is noted. */
export function explainLocation(address: Address, deps: ExplainDeps): Explanation {
  const { special, overrides } = deps.sources;
  const segment = special.table.find(address);
  const index = special.table.value(segment, address);
  const entry = overrides.entry(address);
  const isSpecial = entry === undefined && index >= 0;
  const found = isSpecial ? specialPurpose(index) : ordinary(address, deps, entry);
  const prefixLength = Math.max(
    special.table.prefixLength(segment, address),
    overrides.prefixLength,
    found.prefixLength,
  );
  return {
    location: Location.fromPartial({
      ...found.location,
      ipAddress: formatAddress(address),
      network: networkOf(address, prefixLength),
      isOverridden: entry !== undefined,
    }),
    origins: {
      ...found.origins,
      ipAddress: "as asked",
      network: "the largest that all of this holds for",
      isOverridden: entry === undefined ? "no override" : nameOf(address, entry),
    },
    leftOut: found.leftOut,
  };
}

function specialPurpose(index: number): Found {
  const [prefix, name, source] = SPECIAL_PURPOSE_REGISTRY[index] ?? [];
  return {
    location: { specialPurpose: name },
    origins: { specialPurpose: `registry of IANA, ${prefix} (${source})` },
    leftOut: {},
    prefixLength: 0,
  };
}

function ordinary(address: Address, deps: ExplainDeps, entry: OverrideEntry | undefined): Found {
  const named = entry && { override: entry.override, name: nameOf(address, entry) };
  const recorded = tracePlace(address, deps.sources.layers);
  const place = named ? traceOverride(recorded, named.override, named.name) : recorded;
  const { connection, security, ...network } = traceNetwork(address, deps, named);
  const { countryCode, timezoneName } = place.facts;
  const derived = countryFacts(countryCode, deps.publicUrl);
  const countryIsEu = place.facts.countryIsEu ?? derived.countryIsEu;
  const zones = new ZoneParts(new PartOrdinals());
  zones.setTime(deps.wallMs);
  const { timezone } = Location.decode(zones.part(zones.number(timezoneName)));
  const { timezoneName: zoneOrigin, ...origins } = place.origins;
  return {
    location: { ...place.facts, ...derived, countryIsEu, timezone, connection, security },
    origins: {
      ...{ flag: BY_COUNTRY, currency: BY_COUNTRY, countryIsEu: BY_COUNTRY },
      ...origins,
      timezone: `tzdata ${TZDATA_VERSION}, at ${new Date(deps.wallMs).toISOString()}`,
      ...(zoneOrigin && { "timezone.name": zoneOrigin }),
      ...network.origins,
    },
    leftOut: place.leftOut,
    prefixLength: Math.max(place.prefixLength, network.prefixLength),
  };
}

function nameOf(address: Address, { block, line }: OverrideEntry): string {
  return `override ${networkOf(address, block.prefixLength)} of line ${line}`;
}
