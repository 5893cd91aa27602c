/** RFC 3339 with the letters of proto3 JSON: date, time, up to nine digits of a second, `Z` or an offset. */
const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;
const DURATION = /^-?\d{1,12}(?:\.\d{1,9})?s$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FEBRUARY = 2;

/**
 * True for a moment that the calendar has (RFC 3339, section 5.7): no 30 February, no 24:00, no second 60, which the time
 * of computers has no place for, and no year 0.
 */
export function isTimestampText(text: string): boolean {
  const [, ...parts] = TIMESTAMP.exec(text) ?? [];
  if (parts.length === 0) return false;
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = parts.map((part) =>
    Number(part ?? 0),
  ) as [number, number, number, number, number, number, number, number];
  return (
    year >= 1 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    offsetHour < 24 &&
    offsetMinute < 60
  );
}

/** True for seconds with up to nine digits behind the point and an `s`, such as `60s`. */
export function isDurationText(text: string): boolean {
  return DURATION.test(text);
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === FEBRUARY && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}
