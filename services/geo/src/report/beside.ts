import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import type { Address } from "../address/address.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { SHIPPED_FINDINGS } from "../datasets/shipped-findings.ts";
import { tracePlace } from "../explain/trace-place.ts";
import { inspectFile } from "../inspect/inspect-file.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place } from "../layers/place.ts";

/** How often two datasets say the same, of the addresses of which both say something. */
export interface Agreement {
  readonly both: number;
  readonly same: number;
  /** Of how many addresses only the datasets in service say something, and of how many only the other one. */
  readonly onlyOurs: number;
  readonly onlyTheirs: number;
}

/** How far a dataset says the same as those in service. */
export interface Beside {
  readonly name: string;
  readonly type: string;
  readonly buildTime: Date;
  readonly addresses: number;
  readonly country: Agreement;
  /** Of the addresses whose country is the same. */
  readonly region: Agreement;
  /** Distances between the coordinates where both know more than the country, ascending, in kilometres. */
  readonly distancesKm: readonly number[];
}

const EARTH_RADIUS_KM = 6371;

/** Opens a dataset to compare with. Errors: RefusalError for a file that geo would not serve, or without places. */
export async function openBeside(path: string, clock: Clock): Promise<Layer> {
  const known = new Map(SHIPPED_FINDINGS);
  const inspection = await inspectFile(path, { wallMs: clock.wallMs(), known });
  const modifiedAt = (await stat(path)).mtime;
  const layer = layerOf(inspection, { name: basename(path), modifiedAt });
  if (layer.place === undefined) throw new RefusalError("the file has no places to compare");
  return layer;
}

/** Compares what a dataset says of addresses with what those in service say. */
export function compareBeside(
  addresses: readonly Address[],
  layers: readonly Layer[],
  other: Layer,
): Beside {
  const pairs = addresses.map((address): [Place, Place] => [
    tracePlace(address, layers).facts,
    tracePlace(address, [other]).facts,
  ]);
  const sameCountry = pairs.filter(([a, b]) => a.countryCode && a.countryCode === b.countryCode);
  const within = pairs.filter(([a, b]) => isWithin(a) && isWithin(b));
  const { name, type, buildTime } = other.facts;
  return {
    ...{ name, type, buildTime, addresses: addresses.length },
    country: agreement(pairs.map(([a, b]) => [a.countryCode, b.countryCode])),
    region: agreement(sameCountry.map(regionsOf)),
    distancesKm: within.flatMap(([a, b]) => distanceKm(a, b) ?? []).sort((a, b) => a - b),
  };
}

type Said = readonly [ours: string | undefined, theirs: string | undefined];

function agreement(said: readonly Said[]): Agreement {
  const count = (holds: (...each: Said) => boolean) => said.filter((each) => holds(...each)).length;
  return {
    both: count((ours, theirs) => ours !== undefined && theirs !== undefined),
    same: count((ours, theirs) => ours !== undefined && ours === theirs),
    onlyOurs: count((ours, theirs) => ours !== undefined && theirs === undefined),
    onlyTheirs: count((ours, theirs) => ours === undefined && theirs !== undefined),
  };
}

/** By code, or by name where one has no code. */
function regionsOf([ours, theirs]: readonly [Place, Place]): Said {
  if (ours.regionIsoCode !== undefined && theirs.regionIsoCode !== undefined) {
    return [ours.regionIsoCode, theirs.regionIsoCode];
  }
  const plain = ({ region }: Place) =>
    region?.normalize("NFD").replaceAll(/\P{L}/gu, "").toLowerCase();
  return [plain(ours), plain(theirs)];
}

function isWithin({ city, region, regionIsoCode, postalCode }: Place): boolean {
  return [city, region, regionIsoCode, postalCode].some((value) => value !== undefined);
}

/** Along a great circle, by the haversine formula. */
function distanceKm(a: Place, b: Place): number | undefined {
  const [latitudeA, longitudeA, latitudeB, longitudeB] = [
    ...[a.latitude, a.longitude, b.latitude, b.longitude],
  ].map((degrees) => (degrees === undefined ? Number.NaN : (degrees * Math.PI) / 180)) as [
    number,
    number,
    number,
    number,
  ];
  const half = (radians: number) => Math.sin(radians / 2) ** 2;
  const part =
    half(latitudeB - latitudeA) +
    Math.cos(latitudeA) * Math.cos(latitudeB) * half(longitudeB - longitudeA);
  const km = 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(part)));
  return Number.isNaN(km) ? undefined : km;
}
