import { type RawBuilder, sql } from "kysely";
import type { MeteringTransaction } from "./schema.ts";
import { stepOf, type UsageRange } from "./usage-range.ts";

/** What usage is told apart by. */
export type UsageDimension = "account_id" | "key_id" | "operation" | "status" | "mode";

/** Which usage is asked for, and how it is summed. */
export interface UsageSelection {
  /** Undefined for all accounts. */
  readonly accountId: string | undefined;
  readonly dimensions: ReadonlySet<UsageDimension>;
  /** Whether intervals without usage have a row, which names no dimension. */
  readonly includeEmpty: boolean;
  readonly range: UsageRange;
}

/** The place of a row in the order of rows; what it is not told apart by is empty or 0. */
export interface RowPosition {
  /** What clocks of the time zone show at the start of its interval. */
  readonly interval: string;
  readonly accountId: string;
  readonly keyId: string;
  readonly operation: string;
  readonly status: number;
  readonly mode: string;
}

/** Sums of usage. */
export interface UsageSums {
  readonly requests: bigint;
  readonly units: bigint;
  readonly overageUnits: bigint;
}

/** Usage of an interval and a combination of dimensions. */
export interface UsageRow extends RowPosition, UsageSums {
  readonly startTime: Date;
  readonly endTime: Date;
}

const SUMS = sql`coalesce(sum(requests), 0)::bigint AS requests,
  coalesce(sum(units), 0)::bigint AS units,
  coalesce(sum(overage_units), 0)::bigint AS "overageUnits"`;

/** At most `limit` rows after a position, in the order of interval, account, key, operation, status and mode. */
export async function readUsageRows(
  trx: MeteringTransaction,
  selection: UsageSelection,
  { after, limit }: { readonly after: RowPosition | undefined; readonly limit: number },
): Promise<UsageRow[]> {
  const { range, dimensions } = selection;
  const step = stepOf(range.unit);
  const from = sql`${after?.interval ?? range.first}::timestamp`;
  const text = (name: UsageDimension) =>
    sql`${dimensions.has(name) ? sql.ref(name) : sql`''::text`} COLLATE "C"`;
  const status = dimensions.has("status") ? sql`status` : sql`0`;
  const { rows } = await sql<UsageRow>`
    WITH counted AS (
      SELECT date_trunc(${range.unit}, minute::timestamp) AS shown, ${text("account_id")} AS "accountId",
        ${text("key_id")} AS "keyId", ${text("operation")} AS operation, ${status} AS status, ${text("mode")} AS mode, ${SUMS}
      FROM usage_minutes WHERE ${inRange(selection, sql`instant_of(${from})`)}
      GROUP BY 1, 2, 3, 4, 5, 6
    ), found AS (
      SELECT * FROM counted ${selection.includeEmpty ? emptyRows(range, from) : sql``}
    )
    SELECT shown::text AS interval, instant_of(shown) AS "startTime",
      instant_of(shown + ${step}) AS "endTime", "accountId", "keyId", operation, status, mode,
      requests, units, "overageUnits"
    FROM found WHERE ${isAfter(after)}
    ORDER BY shown, "accountId", "keyId", operation, status, mode LIMIT ${limit}`.execute(trx);
  return rows;
}

/** The sums over the whole range. */
export async function readUsageSums(
  trx: MeteringTransaction,
  selection: UsageSelection,
): Promise<UsageSums> {
  const { rows } = await sql<UsageSums>`SELECT ${SUMS} FROM usage_minutes
    WHERE ${inRange(selection, sql`${selection.range.start}::timestamptz`)}`.execute(trx);
  return rows[0] as UsageSums;
}

function inRange({ accountId, range }: UsageSelection, start: RawBuilder<unknown>) {
  const ofAccount = accountId === undefined ? sql`true` : sql`account_id = ${accountId}`;
  return sql`${ofAccount} AND minute >= ${start} AND minute < ${range.end}::timestamptz`;
}

/** A day that clocks skip, as on a change across the date line, is no interval. */
function emptyRows({ unit, last }: UsageRange, from: RawBuilder<unknown>) {
  const step = stepOf(unit);
  return sql`UNION ALL SELECT empty, '', '', '', 0, '', 0, 0, 0
    FROM generate_series(${from}, ${last}::timestamp, ${step}) AS empty
    WHERE NOT EXISTS (SELECT FROM counted WHERE shown = empty)
      AND instant_of(empty) < instant_of(empty + ${step})`;
}

function isAfter(after: RowPosition | undefined) {
  if (after === undefined) return sql`true`;
  const { interval, accountId, keyId, operation, status, mode } = after;
  return sql`(shown, "accountId", "keyId", operation, status, mode) >
    (${interval}::timestamp, ${accountId}, ${keyId}, ${operation}, ${status}::integer, ${mode})`;
}
