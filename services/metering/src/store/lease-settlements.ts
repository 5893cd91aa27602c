import { sql } from "kysely";
import type { LeaseTotal } from "../usage-totals.ts";
import type { GatewayEpoch } from "./gateway-epochs.ts";

/**
 * A part of a WITH that turns lent units into settled ones, never more than the lease holds. A lease that was returned,
 * or is for another account or period, is left alone: the units were counted as used in any case. The periods must be
 * locked by an earlier statement.
 */
export const settledLeases = (
  { gatewayId, epoch }: GatewayEpoch,
  totals: readonly LeaseTotal[],
) => sql`spent AS (
    SELECT lease_number, account_id, period_start, least(total.units, granted - settled) AS units
    FROM leases JOIN unnest(
      ${totals.map((total) => total.leaseNumber)}::bigint[],
      ${totals.map((total) => total.accountId)}::text[],
      ${totals.map((total) => total.periodStart)}::timestamptz[],
      ${totals.map((total) => total.units)}::bigint[]
    ) AS total (lease_number, account_id, period_start, units)
    USING (lease_number, account_id, period_start)
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch} AND returned IS NULL
  ), settled AS (
    UPDATE leases SET settled = settled + spent.units FROM spent
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch}
      AND leases.lease_number = spent.lease_number
  ), debited AS (
    UPDATE periods SET outstanding = outstanding - debit.units
    FROM (
      SELECT account_id, period_start, sum(units)::bigint AS units FROM spent GROUP BY 1, 2
    ) AS debit
    WHERE periods.account_id = debit.account_id
      AND periods.period_start = debit.period_start
  )`;
