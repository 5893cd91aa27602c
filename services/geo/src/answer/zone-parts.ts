import { Location, type Timezone } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { isZone, offsetText, type ZoneState, zoneStateAt } from "../derived/zone-state.ts";

/** The number of an address without a time zone. */
export const noZone = 0;

type Zone = { name: string; state: ZoneState | undefined; second: number; part: Uint8Array };

const none: Zone = { name: "", state: undefined, second: 0, part: new Uint8Array(0) };

/** The encoded `timezone` field of each time zone at a moment, made once a second at most. */
export class ZoneParts {
  readonly #numbers: Map<string, number> = new Map();
  readonly #zones: Zone[] = [none];
  #nowMs = 0;
  #second = 0;

  /** The moment that parts are for from now on, in milliseconds of Unix time. */
  setTime(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#second = Math.floor(nowMs / 1000);
  }

  /** A small number for a zone; `noZone` for a name that is no zone's. */
  number(name: string | undefined): number {
    if (name === undefined) return noZone;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = isZone(name) ? this.#zones.length : noZone;
      this.#numbers.set(name, number);
      if (number !== noZone) this.#zones.push({ ...none, name });
    }
    return number;
  }

  part(number: number): Uint8Array {
    const zone = this.#zones[number] as Zone;
    if (number !== noZone && zone.second !== this.#second) this.#encode(zone);
    return zone.part;
  }

  #encode(zone: Zone): void {
    const isStale = zone.state === undefined || this.#second < zone.second;
    if (isStale || this.#nowMs >= (zone.state as ZoneState).holdsUntilMs) {
      zone.state = zoneStateAt(zone.name, this.#nowMs);
    }
    const timezone = timezoneAt(zone.name, zone.state as ZoneState, this.#second * 1000);
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
