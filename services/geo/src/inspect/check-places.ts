import { type Contradiction, consistentPlace } from "../derived/consistent-place.ts";
import type { Layer } from "../layers/layer.ts";
import type { Place } from "../layers/place.ts";
import { Refusal } from "./refusal.ts";

/** Records of a dataset that contradict themselves, by what they are in doubt about. */
export type Contradictions = Readonly<Record<Contradiction, number>>;

/** Coordinates come with four decimals; smaller ones than this are broken bytes, not places. */
const smallestDegrees = 1e-6;
const contradictionShareMax = 0.05;
const kilometresMax = 20_038;

/**
 * Reads the place of every record. Throws `Refusal` for a value that no place has, and for a file in which
 * more than a twentieth of the records contradict themselves.
 */
export function checkPlaces(
  place: NonNullable<Layer["place"]>,
  records: Uint32Array,
): Contradictions {
  const counts: Record<Contradiction, number> = { coordinates: 0, timezone: 0, region: 0 };
  for (const record of records) {
    const read = place(record, "en");
    if (read === undefined) continue;
    const impossible = impossibleValue(read);
    if (impossible !== undefined) throw new Refusal(`the record at ${record} has ${impossible}`);
    consistentPlace(read, (contradiction) => counts[contradiction]++);
  }
  const total = counts.coordinates + counts.timezone + counts.region;
  if (total > records.length * contradictionShareMax) {
    throw new Refusal(`${total} of ${records.length} records contradict themselves`);
  }
  return counts;
}

function impossibleValue(place: Place): string | undefined {
  for (const degrees of [place.latitude, place.longitude]) {
    if (degrees === undefined || degrees === 0) continue;
    const size = Math.abs(degrees);
    if (size > 180 || size < smallestDegrees) return `the coordinate ${degrees}`;
  }
  if (Math.abs(place.latitude ?? 0) > 90) return `the latitude ${place.latitude}`;
  for (const code of [place.countryCode, place.registeredCountryCode, place.continentCode]) {
    if (code !== undefined && !/^[A-Z]{2}$/.test(code)) return `the code ${code}`;
  }
  if ((place.accuracyRadiusKm ?? 0) > kilometresMax) return `a radius of ${place.accuracyRadiusKm}`;
  return undefined;
}
