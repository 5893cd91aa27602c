import { sql } from "kysely";
import type { MeteringTransaction } from "./schema.ts";

/** The length of an interval. */
export type IntervalUnit = "minute" | "hour" | "day" | "month";

/** A range of whole intervals. */
export interface UsageRange {
  readonly unit: IntervalUnit;
  readonly start: Date;
  readonly end: Date;
  /** What clocks of the time zone show at the start of the first interval and of the last. */
  readonly first: string;
  readonly last: string;
  /** How many intervals there are. */
  readonly intervals: number;
}

/** A range that callers ask for. */
export interface WantedRange {
  readonly unit: IntervalUnit;
  /** Inclusive. */
  readonly startMs: number;
  /** Exclusive, after the start. */
  readonly endMs: number;
}

/** PostgreSQL's code for a value that it does not know, such as a time zone. */
const INVALID_PARAMETER_VALUE = "22023";

/** Sets the time zone of a transaction. False where the database does not know it; the transaction is void then. */
export async function setTimeZone(trx: MeteringTransaction, zone: string): Promise<boolean> {
  try {
    await sql`SELECT set_config('TimeZone', ${zone}, true)`.execute(trx);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === INVALID_PARAMETER_VALUE) {
      return false;
    }
    throw error;
  }
}

/** Widens a range to whole intervals of the time zone that is set. */
export async function widenToIntervals(
  trx: MeteringTransaction,
  { unit, startMs, endMs }: WantedRange,
): Promise<UsageRange> {
  const lastMoment = new Date(endMs - 1);
  const { rows } = await sql<Omit<UsageRange, "unit">>`
    SELECT first::text, last::text, instant_of(first) AS start,
      instant_of(last + ${stepOf(unit)}) AS "end", ${intervalsOf(unit)}::float8 + 1 AS intervals
    FROM (SELECT date_trunc(${unit}, ${new Date(startMs)}::timestamptz::timestamp) AS first,
      date_trunc(${unit}, ${lastMoment}::timestamptz::timestamp) AS last) AS edges`.execute(trx);
  const [range] = rows;
  if (range === undefined) throw new Error("a range has one row");
  return { unit, ...range };
}

/** One interval, for calculations with what clocks show. */
export function stepOf(unit: IntervalUnit) {
  return sql`${`1 ${unit}`}::interval`;
}

/** The number of intervals from the first to the last. */
function intervalsOf(unit: IntervalUnit) {
  if (unit === "month") {
    return sql`(extract(year FROM age(last, first)) * 12 + extract(month FROM age(last, first)))`;
  }
  return sql`(extract(epoch FROM last - first) / extract(epoch FROM ${stepOf(unit)}))`;
}
