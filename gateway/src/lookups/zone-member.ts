import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { type ZoneOffset, ZoneSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { localTime } from "@geomesh/terms/local-time";

const SECOND_MS = 1_000;
const HOUR_SECONDS = 3_600;
const NOTHING = new Uint8Array(0);

/** The `timezone` of locations in one zone, encoded at most once for each second of the clock that `wallMs` is from. */
export class ZoneMember {
  /** An encoded Location that has nothing else, at the moment of the last `at`; another array for another second. */
  bytes: Uint8Array = NOTHING;
  readonly #name: string;
  readonly #current: ZoneOffset;
  readonly #changeMs: number;
  readonly #next: ZoneOffset;
  readonly #currentState: string;
  readonly #nextState: string;
  #second = Number.NaN;

  /** Reads an encoded Zone. Errors: Error for one that lacks a field. */
  constructor(encoded: Uint8Array) {
    const { name, current, changeTime, next } = fromBinary(ZoneSchema, encoded);
    if (current === undefined || changeTime === undefined || next === undefined) {
      throw new Error("geo sent a zone without its offsets");
    }
    this.#name = name;
    this.#current = current;
    this.#changeMs = timestampMs(changeTime);
    this.#next = next;
    this.#currentState = stateOf(name, current);
    this.#nextState = stateOf(name, next);
  }

  /** Sets the moment, in milliseconds since 1970. */
  at(wallMs: number): this {
    const second = Math.floor(wallMs / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#write(wallMs);
    }
    return this;
  }

  /** What tells it from others but for the clock: another text where the offset has changed. */
  stateAt(wallMs: number): string {
    return wallMs < this.#changeMs ? this.#currentState : this.#nextState;
  }

  #offsetAt(wallMs: number): ZoneOffset {
    return wallMs < this.#changeMs ? this.#current : this.#next;
  }

  #write(wallMs: number): void {
    const { abbreviation, utcOffsetSeconds, isDst } = this.#offsetAt(wallMs);
    const { timeOfDay, dateTime } = localTime(wallMs, utcOffsetSeconds);
    const timezone = {
      name: this.#name,
      abbreviation,
      gmtOffset: utcOffsetSeconds / HOUR_SECONDS,
      utcOffsetSeconds,
      currentTime: timeOfDay,
      localTime: dateTime,
      isDst,
    };
    this.bytes = toBinary(LocationSchema, create(LocationSchema, { timezone }));
  }
}

function stateOf(name: string, { abbreviation, utcOffsetSeconds, isDst }: ZoneOffset): string {
  return `${name} ${abbreviation} ${utcOffsetSeconds} ${isDst}`;
}
