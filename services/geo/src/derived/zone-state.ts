import { ZONE_ABBREVIATIONS } from "./zone-abbreviations.ts";
import { offsetFormat, offsetHoldsUntil, zoneOffsetSeconds } from "./zone-offset.ts";

/** What the clocks of a zone show at a moment, and until `holdsUntilMs`. */
export interface ZoneState {
  readonly offsetSeconds: number;
  readonly abbreviation: string;
  readonly isDst: boolean;
  readonly holdsUntilMs: number;
}

/** Zones whose standard is summer time, and which set their clocks back for Ramadan. */
const WITHOUT_DST = new Set(["Africa/Casablanca", "Africa/El_Aaiun"]);

const ABBREVIATIONS_OF_ZONES: ReadonlyMap<string, string> = new Map(
  ZONE_ABBREVIATIONS.flatMap(([text, zones]) =>
    zones.split(" ").map((zone): [string, string] => [zone, text]),
  ),
);

/** The offsets of one zone. */
export class ZoneClock {
  readonly #name: string;
  readonly #format: Intl.DateTimeFormat;
  #year = Number.NaN;
  #lowestOffset = 0;

  private constructor(name: string, format: Intl.DateTimeFormat) {
    this.#name = name;
    this.#format = format;
  }

  /** The clock of a zone; undefined for a name that the runtime does not know. */
  static open(name: string): ZoneClock | undefined {
    try {
      return new ZoneClock(name, offsetFormat(name));
    } catch {
      return undefined;
    }
  }

  /** The state at a moment, in milliseconds of Unix time. */
  stateAt(atMs: number): ZoneState {
    const offsetSeconds = zoneOffsetSeconds(this.#format, atMs);
    return {
      offsetSeconds,
      abbreviation: abbreviation(this.#name, offsetSeconds),
      isDst: !WITHOUT_DST.has(this.#name) && offsetSeconds > this.#lowestOffsetOfYear(atMs),
      holdsUntilMs: offsetHoldsUntil(atMs),
    };
  }

  #lowestOffsetOfYear(atMs: number): number {
    const year = new Date(atMs).getUTCFullYear();
    if (year !== this.#year) {
      const quarters = [0, 3, 6, 9].map((month) => Date.UTC(year, month, 1));
      this.#lowestOffset = Math.min(...quarters.map((ms) => zoneOffsetSeconds(this.#format, ms)));
      this.#year = year;
    }
    return this.#lowestOffset;
  }
}

/** True for the name of a zone that the runtime knows. */
export function isZone(name: string): boolean {
  return ZoneClock.open(name) !== undefined;
}

/** The abbreviation of tzdata: a name such as `CET`, or hours and minutes such as `+03` and `-0330`. */
function abbreviation(zone: string, offsetSeconds: number): string {
  const own = ABBREVIATIONS_OF_ZONES.get(zone)?.split(" ");
  const match = own?.find((entry) => entry.endsWith(`=${offsetSeconds}`));
  if (match !== undefined) return match.slice(0, match.indexOf("="));
  return offsetText(offsetSeconds).replace(":", "").replace(/00$/, "");
}

/** An offset as `+HH:MM`, the form of RFC 3339. */
export function offsetText(offsetSeconds: number): string {
  const minutes = Math.abs(Math.trunc(offsetSeconds / 60));
  const two = (number: number) => String(number).padStart(2, "0");
  return `${offsetSeconds < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
