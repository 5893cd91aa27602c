import type { Sources } from "../answer/location-composer.ts";
import type { RefusedFile } from "../datasets/catalog.ts";
import { ageDays, isStale } from "../datasets/stale.ts";
import { countryName } from "../derived/country-name.ts";
import { TZDATA_VERSION } from "../derived/zone-histories.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import type { FlagName } from "../security/flags.ts";
import type { NamedList } from "../security/named-lists.ts";
import { type Beside, compareBeside } from "./beside.ts";
import { FAMILIES, type Family } from "./family.ts";
import { type ListCoverage, listCoverage } from "./list-coverage.ts";
import { sampleAddresses } from "./sample.ts";
import { type Coverage, tallyOf } from "./tally.ts";
import { Walk } from "./walk.ts";

const SAMPLE_ADDRESSES = 1_000;
const SAMPLE_SEED = 20_260_101;

/** A dataset in service. */
export interface DatasetReport extends DatasetFacts {
  readonly ageDays: number;
  readonly isStale: boolean;
}

/** What is known of the addresses of a country. */
export interface CountryReport {
  readonly countryCode: string;
  readonly country: string;
  /** By family; undefined where it has no addresses. */
  readonly coverage: Readonly<Partial<Record<Family, Coverage>>>;
}

/** The quality of what geo answers from. IPv4 is counted in addresses, IPv6 in networks with a prefix of 48 bits. */
export interface DataReport {
  readonly generatedTime: Date;
  readonly tzdataVersion: string;
  readonly datasets: readonly DatasetReport[];
  readonly refused: readonly RefusedFile[];
  /** How many networks with one answer each there are. */
  readonly networks: Readonly<Record<Family, number>>;
  readonly all: Readonly<Record<Family, Coverage>>;
  /** Undefined where no dataset tells which addresses are announced. */
  readonly announced: Readonly<Record<Family, Coverage>> | undefined;
  /** Those with the most addresses of IPv4 first. */
  readonly countries: readonly CountryReport[];
  /** How much has each flag, whatever says so. */
  readonly flags: Readonly<Record<Family, Readonly<Record<FlagName, number>>>>;
  readonly lists: readonly ListCoverage[];
  readonly beside: Beside | undefined;
  /** As in `Tally`. */
  readonly density: Float64Array;
}

/** What a report is made of. */
export interface ReportDeps {
  readonly sources: Sources;
  readonly refused: readonly RefusedFile[];
  readonly lists: readonly NamedList[];
  /** A dataset to compare with, if any. */
  readonly beside: Layer | undefined;
  /** The time of the report, in milliseconds of Unix time. */
  readonly wallMs: number;
}

/** Walks over all addresses, and puts together what is known of them. It takes some ten seconds for a dataset of cities. */
export function makeReport({ sources, refused, lists, beside, wallMs }: ReportDeps): DataReport {
  const walk = new Walk(sources);
  const tally = tallyOf(walk);
  const { ipv4, ipv6 } = tally.families;
  const addresses = beside && sampleAddresses(walk, SAMPLE_ADDRESSES, SAMPLE_SEED);
  return {
    generatedTime: new Date(wallMs),
    tzdataVersion: TZDATA_VERSION,
    datasets: sources.layers.map(({ facts }) => ({
      ...facts,
      ageDays: ageDays(facts, wallMs),
      isStale: isStale(facts, wallMs),
    })),
    refused,
    networks: { ipv4: ipv4.networks, ipv6: ipv6.networks },
    all: { ipv4: ipv4.all, ipv6: ipv6.all },
    announced: walk.knowsSystems ? { ipv4: ipv4.announced, ipv6: ipv6.announced } : undefined,
    countries: countriesOf(ipv4.countries, ipv6.countries),
    flags: { ipv4: ipv4.flags, ipv6: ipv6.flags },
    lists: listCoverage(lists, tally),
    beside: beside && addresses && compareBeside(addresses, sources.layers, beside),
    density: tally.density,
  };
}

function countriesOf(...families: readonly ReadonlyMap<string, Coverage>[]): CountryReport[] {
  const codes = [...new Set(families.flatMap((countries) => [...countries.keys()]))];
  const units = (country: CountryReport, family: Family) => country.coverage[family]?.total ?? 0;
  return codes
    .map((countryCode) => ({
      countryCode,
      country: countryName(countryCode, "en") ?? countryCode,
      coverage: Object.fromEntries(
        FAMILIES.map((family, i) => [family, families[i]?.get(countryCode)]),
      ),
    }))
    .sort((a, b) => units(b, "ipv4") - units(a, "ipv4") || units(b, "ipv6") - units(a, "ipv6"));
}
