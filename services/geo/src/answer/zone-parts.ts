import { Location, type Timezone } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { offsetText, ZoneClock, type ZoneState } from "../derived/zone-state.ts";

/** The number of a place without a time zone. */
const NO_ZONE = 0;

interface Zone {
  readonly name: string;
  readonly clock: ZoneClock;
  state: ZoneState;
  second: number;
  part: Uint8Array;
}

const ZONES_MAX = 1024;
const NOTHING = new Uint8Array(0);

/** The encoded `timezone` field of each time zone at a moment, encoded at most once a second. At most 1,023 zones. */
export class ZoneParts {
  readonly #numbers: Map<string, number> = new Map();
  readonly #zones: (Zone | undefined)[] = [undefined];
  #wallMs = 0;
  #second = 0;

  /** Sets the moment that the next parts are for, in milliseconds of Unix time. */
  setTime(wallMs: number): void {
    this.#wallMs = wallMs;
    this.#second = Math.floor(wallMs / 1000);
  }

  /** The number of a zone, from 1 to 1,023; 0 for a name that is not a zone, and for zones beyond those. */
  number(name: string | undefined): number {
    if (name === undefined) return NO_ZONE;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#add(name);
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** The encoded field of a zone; empty for number 0. */
  part(number: number): Uint8Array {
    const zone = this.#zones[number];
    if (zone === undefined) return NOTHING;
    if (zone.second !== this.#second) this.#encode(zone);
    return zone.part;
  }

  #add(name: string): number {
    const clock = ZoneClock.open(name);
    if (clock === undefined || this.#zones.length === ZONES_MAX) return NO_ZONE;
    const state = clock.stateAt(this.#wallMs);
    this.#zones.push({ name, clock, state, second: Number.NaN, part: NOTHING });
    return this.#zones.length - 1;
  }

  #encode(zone: Zone): void {
    const hasGoneBack = this.#second < zone.second;
    if (hasGoneBack || this.#wallMs >= zone.state.holdsUntilMs) {
      zone.state = zone.clock.stateAt(this.#wallMs);
    }
    const timezone = timezoneAt(zone.name, zone.state, this.#second * 1000);
    zone.part = Location.encode(Location.fromPartial({ timezone })).finish();
    zone.second = this.#second;
  }
}

function timezoneAt(name: string, state: ZoneState, atMs: number): Timezone {
  const { offsetSeconds, abbreviation, isDst } = state;
  const local = new Date(atMs + offsetSeconds * 1000).toISOString().slice(0, 19);
  return {
    name,
    abbreviation,
    gmtOffset: offsetSeconds / 3600,
    utcOffsetSeconds: offsetSeconds,
    currentTime: local.slice(11),
    localTime: local + offsetText(offsetSeconds),
    isDst,
  };
}
