import { ZONE_HISTORIES } from "./zone-histories.ts";

/** What the clocks of a zone show. */
export interface ZoneOffset {
  /** East of UTC. */
  readonly offsetSeconds: number;
  /** That of tzdata: a name such as `CET`, or hours and minutes such as `+03` and `-0330`. */
  readonly abbreviation: string;
  /** The flag of tzdata. */
  readonly isDst: boolean;
}

/** What the clocks of a zone show from `sinceMs` until `untilMs`, in milliseconds of Unix time, and from then on. */
export interface ZoneState {
  readonly current: ZoneOffset;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly next: ZoneOffset;
}

/** Since when the changes of a history count. */
const FIRST_SECOND = Date.UTC(2020) / 1000;
const SECOND_MS = 1000;
/** Until when the last offset holds: a moment that no clock reaches and that timestamps can hold. */
const FOREVER_MS = Date.UTC(9999, 11, 31);

/** The index in ZONE_HISTORIES by the name of a zone. */
const HISTORIES: ReadonlyMap<string, number> = new Map(
  ZONE_HISTORIES.flatMap(([, , , zones], i) =>
    zones.split(" ").map((zone): [string, number] => [zone, i]),
  ),
);

/**
 * The offsets of one zone, exact to the second from 2020 to the end of 2037. The first one holds before and the last one after
 * that.
 */
export class ZoneClock {
  readonly #offsets: readonly ZoneOffset[];
  readonly #changesMs: readonly number[];

  private constructor([offsets, order, changes]: (typeof ZONE_HISTORIES)[number]) {
    const kinds = offsets.split(",").map(readOffset);
    this.#offsets = Array.from(order, (digit) => kinds[Number.parseInt(digit, 36)] as ZoneOffset);
    let second = FIRST_SECOND;
    this.#changesMs = changes.split(" ", order.length - 1).map((text) => {
      second += Number.parseInt(text, 36);
      return second * SECOND_MS;
    });
  }

  /** The clock of a zone; undefined for a name that tzdata does not have. */
  static open(name: string): ZoneClock | undefined {
    const index = HISTORIES.get(name);
    return index === undefined ? undefined : new ZoneClock(historyAt(index));
  }

  /** The state at a moment, in milliseconds of Unix time. It holds until the next change. */
  stateAt(atMs: number): ZoneState {
    const [offsets, changesMs] = [this.#offsets, this.#changesMs];
    const change = changesMs.findLastIndex((ms) => ms <= atMs);
    const current = offsets[change + 1] as ZoneOffset;
    return {
      current,
      sinceMs: changesMs[change] ?? Number.NEGATIVE_INFINITY,
      untilMs: changesMs[change + 1] ?? FOREVER_MS,
      next: offsets[change + 2] ?? current,
    };
  }
}

/** The names of all zones and links of tzdata. */
export function zoneNames(): Iterable<string> {
  return HISTORIES.keys();
}

/** True for zones whose clocks show the same as far as the table goes. */
export function haveSameClocks(one: string, other: string): boolean {
  const index = HISTORIES.get(one);
  return index !== undefined && index === HISTORIES.get(other);
}

function historyAt(index: number) {
  return ZONE_HISTORIES[index] as (typeof ZONE_HISTORIES)[number];
}

/** Reads a text such as `CEST 7200 dst`. */
function readOffset(text: string): ZoneOffset {
  const [abbreviation, seconds, dst] = text.split(" ") as [string, string, string?];
  return { abbreviation, offsetSeconds: Number(seconds), isDst: dst !== undefined };
}
