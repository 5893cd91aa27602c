import {
  type Contradiction,
  type Contradictions,
  consistentPlace,
  NO_CONTRADICTIONS,
} from "../layers/consistent-place.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place } from "../layers/place.ts";
import { RefusalError } from "./refusal-error.ts";

/** In what the places of a dataset contradict themselves and each other. */
export interface PlaceFindings {
  readonly contradictions: Contradictions;
  /** GeoNames ids of the regions and subregions that records put into different countries. */
  readonly doubtfulRegions: readonly number[];
}

/** Publishers write four decimals: a smaller coordinate is damaged bytes and not a place. */
const DEGREES_MIN = 1e-6;
const CONTRADICTION_SHARE_MAX = 0.05;
const NO_REGIONS: ReadonlySet<number> = new Set();

/**
 * Reads the place of every record. Errors: RefusalError for an impossible value, and for a file with more contradictions
 * than a twentieth of its records. Those of subregions and metro codes alone are no sign of damage.
 */
export function checkPlaces(
  place: NonNullable<Layer["place"]>,
  records: Uint32Array,
): PlaceFindings {
  const counts: Record<Contradiction, number> = { ...NO_CONTRADICTIONS };
  const [regions, subregions] = [new RegionCheck(), new RegionCheck()];
  for (const record of records) {
    const read = place(record, "en");
    if (read === undefined) continue;
    const impossible = impossibleValue(read);
    if (impossible !== undefined)
      throw new RefusalError(`the record at ${record} has ${impossible}`);
    consistentPlace(read, NO_REGIONS, (contradiction) => counts[contradiction]++);
    regions.add(read.regionGeonameId, read.countryCode);
    subregions.add(read.subregionGeonameId, read.countryCode);
  }
  counts.region += regions.doubtfulRecords;
  counts.subregion += subregions.doubtfulRecords;
  const total = counts.coordinates + counts.timezone + counts.region;
  if (total > records.length * CONTRADICTION_SHARE_MAX) {
    throw new RefusalError(`${total} of ${records.length} records contradict themselves`);
  }
  return { contradictions: counts, doubtfulRegions: [...regions.doubtful, ...subregions.doubtful] };
}

function impossibleValue(place: Place): string | undefined {
  for (const degrees of [place.latitude, place.longitude]) {
    if (degrees === undefined || degrees === 0) continue;
    const size = Math.abs(degrees);
    if (size > 180 || size < DEGREES_MIN) return `the coordinate ${degrees}`;
  }
  if (Math.abs(place.latitude ?? 0) > 90) return `the latitude ${place.latitude}`;
  return undefined;
}

/** Finds regions of one level that records put into more than one country. */
class RegionCheck {
  readonly #regions: Map<number, { country: string; records: number; isDoubtful: boolean }> =
    new Map();

  add(geonameId: number | undefined, countryCode: string | undefined): void {
    // One record whose country is unknown says nothing about the region of all others.
    if (geonameId === undefined || countryCode === undefined) return;
    const known = this.#regions.get(geonameId);
    if (known === undefined) {
      this.#regions.set(geonameId, { country: countryCode, records: 1, isDoubtful: false });
      return;
    }
    known.records++;
    known.isDoubtful ||= known.country !== countryCode;
  }

  get doubtful(): number[] {
    return [...this.#regions].filter(([, { isDoubtful }]) => isDoubtful).map(([id]) => id);
  }

  get doubtfulRecords(): number {
    return this.#regions
      .values()
      .reduce((sum, { isDoubtful, records }) => sum + (isDoubtful ? records : 0), 0);
  }
}
