import { Location, type Timezone } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { Zone as ZoneMessage } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { localTime } from "@geomesh/terms/local-time";
import { zoneName } from "../derived/zone-name.ts";
import { ZoneClock, type ZoneOffset, type ZoneState } from "../derived/zone-state.ts";
import { NO_ORDINAL } from "./fixed-parts.ts";
import type { PartOrdinals } from "./part-ordinals.ts";

/** The number of a place without a time zone. */
export const NO_ZONE = 0;

interface Zone {
  readonly name: string;
  readonly clock: ZoneClock;
  state: ZoneState;
  /** The second that `part` is for. */
  second: number;
  part: Uint8Array;
  /** Of `state`, in `epoch`. */
  ordinal: number;
  epoch: number;
}

const ZONES_MAX = 1024;
const NOTHING = new Uint8Array(0);

/**
 * The time zones of places at a moment: the encoded `timezone` field, encoded at most once a second, or a part that holds
 * until the zone's offset may change. At most 1,023 zones.
 */
export class ZoneParts {
  readonly #ordinals: PartOrdinals;
  readonly #numbers: Map<string, number> = new Map();
  readonly #zones: (Zone | undefined)[] = [undefined];
  #wallMs = 0;
  #second = 0;

  constructor(ordinals: PartOrdinals) {
    this.#ordinals = ordinals;
  }

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

  /** The ordinal of what a zone's clocks show now and next; NO_ORDINAL for number 0. */
  ordinal(number: number): number {
    const zone = this.#zones[number];
    if (zone === undefined) return NO_ORDINAL;
    this.#follow(zone);
    if (zone.ordinal === NO_ORDINAL || zone.epoch !== this.#ordinals.epoch) {
      zone.ordinal = this.#ordinals.next();
      zone.epoch = this.#ordinals.epoch;
    }
    return zone.ordinal;
  }

  /** The encoded `Zone` of a number above 0. */
  definition(number: number): Uint8Array {
    const { name, state } = this.#zones[number] as Zone;
    return ZoneMessage.encode({
      name,
      current: offsetMessage(state.current),
      changeTime: new Date(state.untilMs),
      next: offsetMessage(state.next),
    }).finish();
  }

  #add(text: string): number {
    const name = zoneName(text);
    const clock = name === undefined ? undefined : ZoneClock.open(name);
    if (name === undefined || clock === undefined || this.#zones.length === ZONES_MAX) {
      return NO_ZONE;
    }
    const state = clock.stateAt(this.#wallMs);
    const unused = { second: Number.NaN, part: NOTHING, ordinal: NO_ORDINAL, epoch: 0 };
    this.#zones.push({ name, clock, state, ...unused });
    return this.#zones.length - 1;
  }

  /** A new state has a new ordinal. */
  #follow(zone: Zone): void {
    const { sinceMs, untilMs } = zone.state;
    if (this.#wallMs >= sinceMs && this.#wallMs < untilMs) return;
    zone.state = zone.clock.stateAt(this.#wallMs);
    zone.ordinal = NO_ORDINAL;
  }

  #encode(zone: Zone): void {
    this.#follow(zone);
    const timezone = timezoneAt(zone.name, zone.state.current, this.#wallMs);
    zone.part = Location.encode(Location.fromPartial({ timezone })).finish();
    zone.second = this.#second;
  }
}

function offsetMessage({ abbreviation, offsetSeconds, isDst }: ZoneOffset) {
  return { abbreviation, utcOffsetSeconds: offsetSeconds, isDst };
}

function timezoneAt(name: string, offset: ZoneOffset, atMs: number): Timezone {
  const { offsetSeconds, abbreviation, isDst } = offset;
  const { timeOfDay, dateTime } = localTime(atMs, offsetSeconds);
  return {
    name,
    abbreviation,
    gmtOffset: offsetSeconds / 3600,
    utcOffsetSeconds: offsetSeconds,
    currentTime: timeOfDay,
    localTime: dateTime,
    isDst,
  };
}
