import { ZoneClock } from "../src/derived/zone-state.ts";
import { COVERED_SECONDS, type CompiledOffset } from "./zoneinfo.ts";

/** What another source says that the clocks of a zone show at a second of Unix time, as far as it knows. */
export type OtherClock = (seconds: number) => Partial<CompiledOffset>;

/** Seconds of Unix time, spread over all that the tables cover by a seed (xorshift). */
export function seededSeconds(count: number, seed: number): number[] {
  const { from, until } = COVERED_SECONDS;
  let state = seed;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return from + Math.floor(((state >>> 0) / 2 ** 32) * (until - from));
  });
}

/** Each change of a zone within what the tables cover, the second before and the second after. */
export function secondsAround(changes: readonly number[]): number[] {
  const { from, until } = COVERED_SECONDS;
  const around = changes.flatMap((change) => [change - 1, change, change + 1]);
  return around.filter((second) => second >= from && second < until);
}

/** Where the table and another source do not say the same of a zone, one text for each second. */
export function differences(
  zone: string,
  seconds: readonly number[],
  otherAt: OtherClock,
): string[] {
  const clock = ZoneClock.open(zone);
  const found: string[] = [];
  for (const second of seconds) {
    const ours = clock?.stateAt(second * 1000).current;
    const other = otherAt(second);
    if (isSame(ours, other)) continue;
    const at = new Date(second * 1000).toISOString();
    found.push(`${zone} ${at}: ${JSON.stringify(ours)}, not ${JSON.stringify(other)}`);
  }
  return found;
}

function isSame(
  ours: CompiledOffset | undefined,
  { offsetSeconds, abbreviation, isDst }: Partial<CompiledOffset>,
): boolean {
  return (
    ours !== undefined &&
    offsetSeconds === ours.offsetSeconds &&
    (abbreviation ?? ours.abbreviation) === ours.abbreviation &&
    (isDst ?? ours.isDst) === ours.isDst
  );
}
