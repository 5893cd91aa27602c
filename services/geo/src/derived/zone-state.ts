import { zoneAbbreviations } from "./zone-abbreviations.ts";
import { offsetFormat, offsetHoldsUntil, zoneOffsetSeconds } from "./zone-offset.ts";

/** A zone's clock at a moment and until `holdsUntilMs`. */
export type ZoneState = {
  readonly offsetSeconds: number;
  readonly abbreviation: string;
  readonly isDst: boolean;
  readonly holdsUntilMs: number;
};

/** They keep summer time as their standard and set it back for Ramadan. */
const withoutDst = new Set(["Africa/Casablanca", "Africa/El_Aaiun"]);

const abbreviationsOfZones: ReadonlyMap<string, string> = new Map(
  zoneAbbreviations.flatMap(([text, zones]) =>
    zones.split(" ").map((zone): [string, string] => [zone, text]),
  ),
);

/** The state of a zone at a moment. Throws RangeError for a zone that the runtime does not know. */
export function zoneStateAt(zone: string, atMs: number): ZoneState {
  const format = offsetFormat(zone);
  const offsetSeconds = zoneOffsetSeconds(format, atMs);
  return {
    offsetSeconds,
    abbreviation: abbreviation(zone, offsetSeconds),
    isDst: !withoutDst.has(zone) && offsetSeconds > lowestOffsetOfYear(format, atMs),
    holdsUntilMs: offsetHoldsUntil(atMs),
  };
}

/** Whether the runtime knows a zone by this name. */
export function isZone(name: string): boolean {
  try {
    return offsetFormat(name) !== undefined;
  } catch {
    return false;
  }
}

function lowestOffsetOfYear(format: Intl.DateTimeFormat, atMs: number): number {
  const year = new Date(atMs).getUTCFullYear();
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(year, month, 1));
  return Math.min(...months.map((month) => zoneOffsetSeconds(format, month)));
}

/** As tzdata has it: the zone's own abbreviation, or hours and minutes such as `+03` and `-0330`. */
function abbreviation(zone: string, offsetSeconds: number): string {
  const own = abbreviationsOfZones.get(zone)?.split(" ");
  const match = own?.find((entry) => entry.endsWith(`=${offsetSeconds}`));
  if (match !== undefined) return match.slice(0, match.indexOf("="));
  return offsetText(offsetSeconds).replace(":", "").replace(/00$/, "");
}

/** `+HH:MM`, as in RFC 3339. */
export function offsetText(offsetSeconds: number): string {
  const minutes = Math.abs(Math.trunc(offsetSeconds / 60));
  const two = (number: number) => String(number).padStart(2, "0");
  return `${offsetSeconds < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
