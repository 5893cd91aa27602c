import { offsetText } from "@geomesh/terms/local-time";
import { ZONE_ABBREVIATIONS } from "./zone-abbreviations.ts";
import { offsetFormat, zoneOffsetSeconds } from "./zone-offset.ts";

/** What the clocks of a zone show. */
export interface ZoneOffset {
  /** East of UTC. */
  readonly offsetSeconds: number;
  readonly abbreviation: string;
  readonly isDst: boolean;
}

/** What the clocks of a zone show from `sinceMs` until `untilMs`, in milliseconds of Unix time, and from then on. */
export interface ZoneState {
  readonly current: ZoneOffset;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly next: ZoneOffset;
}

/** Since 1972 the offset of a zone changes only at multiples of a quarter of an hour. */
const QUARTER_HOUR_MS = 900_000;
/** How far a state looks ahead. No zone changes twice within a day. */
const DAY_QUARTERS = 96;

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

  /** The state at a moment, in milliseconds of Unix time. It holds until the next change, and for a day at most. */
  stateAt(atMs: number): ZoneState {
    const quarter = Math.floor(atMs / QUARTER_HOUR_MS);
    const current = this.#offsetAt(quarter);
    let same = quarter;
    let until = quarter + DAY_QUARTERS;
    let next = this.#offsetAt(until);
    if (isEqual(current, next)) same = until - 1;
    while (until - same > 1) {
      const middle = (same + until) >> 1;
      const offset = this.#offsetAt(middle);
      if (isEqual(current, offset)) same = middle;
      else [until, next] = [middle, offset];
    }
    const [sinceMs, untilMs] = [quarter * QUARTER_HOUR_MS, until * QUARTER_HOUR_MS];
    return { current, sinceMs, untilMs, next };
  }

  #offsetAt(quarter: number): ZoneOffset {
    const atMs = quarter * QUARTER_HOUR_MS;
    const offsetSeconds = zoneOffsetSeconds(this.#format, atMs);
    return {
      offsetSeconds,
      abbreviation: abbreviation(this.#name, offsetSeconds),
      isDst: !WITHOUT_DST.has(this.#name) && offsetSeconds > this.#lowestOffsetOfYear(atMs),
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

/** The abbreviation of tzdata: a name such as `CET`, or hours and minutes such as `+03` and `-0330`. */
function abbreviation(zone: string, offsetSeconds: number): string {
  const own = ABBREVIATIONS_OF_ZONES.get(zone)?.split(" ");
  const match = own?.find((entry) => entry.endsWith(`=${offsetSeconds}`));
  if (match !== undefined) return match.slice(0, match.indexOf("="));
  return offsetText(offsetSeconds).replace(":", "").replace(/00$/, "");
}

function isEqual(one: ZoneOffset, other: ZoneOffset): boolean {
  return (
    one.offsetSeconds === other.offsetSeconds &&
    one.abbreviation === other.abbreviation &&
    one.isDst === other.isDst
  );
}
