const MINUTE_SECONDS = 60;
const HOUR_MINUTES = 60;
const SECOND_MS = 1_000;

/** What the clocks of a place show. */
export interface LocalTime {
  /** Time of day as `HH:MM:SS`. */
  readonly timeOfDay: string;
  /** Date and time in the form of RFC 3339, with the offset. */
  readonly dateTime: string;
}

/**
 * The local time at a moment, in milliseconds since 1970, and an offset, in seconds east of UTC. Parts of a second are left
 * out. Geo and the gateway write locations by it, so that their answers are the same.
 */
export function localTime(wallMs: number, utcOffsetSeconds: number): LocalTime {
  const shownMs = Math.floor(wallMs / SECOND_MS) * SECOND_MS + utcOffsetSeconds * SECOND_MS;
  const dateTime = new Date(shownMs).toISOString().slice(0, "2026-01-01T00:00:00".length);
  return {
    timeOfDay: dateTime.slice("2026-01-01T".length),
    dateTime: dateTime + offsetText(utcOffsetSeconds),
  };
}

/** An offset, in seconds east of UTC, as `+HH:MM`, the form of RFC 3339. */
export function offsetText(utcOffsetSeconds: number): string {
  const minutes = Math.abs(Math.trunc(utcOffsetSeconds / MINUTE_SECONDS));
  const two = (number: number) => String(number).padStart(2, "0");
  const sign = utcOffsetSeconds < 0 ? "-" : "+";
  return `${sign}${two(Math.trunc(minutes / HOUR_MINUTES))}:${two(minutes % HOUR_MINUTES)}`;
}
