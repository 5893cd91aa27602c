import { sql } from "kysely";

const RETURN_LEASES = sql`
  CREATE FUNCTION return_leases(of_gateway text, of_epoch bigint, through bigint)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    WITH done AS (
      UPDATE leases SET returned = granted - settled
      WHERE gateway_id = of_gateway AND epoch = of_epoch
        AND returned IS NULL AND released_through <= through AND held_until IS NULL
      RETURNING account_id, period_start, returned
    )
    UPDATE periods SET outstanding = outstanding - credit.units
    FROM (
      SELECT account_id, period_start, sum(returned)::bigint AS units FROM done GROUP BY 1, 2
    ) AS credit
    WHERE periods.account_id = credit.account_id
      AND periods.period_start = credit.period_start;
  END $$`;

/**
 * The overage of each minute total, in their order, once the units are in `periods`. Nearly every block is within its
 * limits, and then there is no array, and the records are not looked at one by one. `record_kinds` holds the kind of each
 * record as 16 bits, little-endian, from 0.
 */
const OVERAGE_OF_MINUTES = sql`
  CREATE FUNCTION overage_of_minutes(
    used_accounts text[], used_periods timestamptz[], used_units bigint[],
    kind_minutes integer[], kind_periods integer[], kind_units integer[], record_kinds bytea
  ) RETURNS bigint[] LANGUAGE plpgsql AS $$
  DECLARE
    exceeded integer[];
    excess_before bigint[];
  BEGIN
    SELECT array_agg(at), array_agg(used - units - monthly_quota) INTO exceeded, excess_before
    FROM unnest(used_accounts, used_periods, used_units) WITH ORDINALITY
        AS total (account_id, period_start, units, at)
      JOIN periods USING (account_id, period_start)
      JOIN accounts USING (account_id) JOIN plans USING (plan_id)
    WHERE quota_mode = 'SOFT' AND used > monthly_quota;
    IF exceeded IS NULL THEN RETURN NULL; END IF;

    RETURN (
      WITH record AS (
        SELECT 1 + get_byte(record_kinds, 2 * at) + 256 * get_byte(record_kinds, 2 * at + 1) AS kind, at
        FROM generate_series(0, length(record_kinds) / 2 - 1) AS at
      ), spent AS (
        SELECT kind_minutes[kind] AS minute_at, kind_units[kind] AS units,
          before + sum(kind_units[kind]) OVER (PARTITION BY period_at ORDER BY at) AS excess
        FROM record JOIN unnest(exceeded, excess_before) AS period (period_at, before)
          ON period_at = kind_periods[kind]
      ), overage AS (
        SELECT minute_at, sum(greatest(0, least(units, excess)))::bigint AS units
        FROM spent GROUP BY minute_at
      )
      SELECT array_agg(coalesce(overage.units, 0) ORDER BY minute_at)
      FROM generate_series(1, (SELECT max(at) FROM unnest(kind_minutes) AS at)) AS minute_at
        LEFT JOIN overage USING (minute_at)
    );
  END $$`;

const COUNT_USAGE = sql`
  CREATE FUNCTION count_usage(
    of_gateway text, of_epoch bigint, after bigint, through bigint,
    minute_accounts text[], minute_starts timestamptz[], minute_keys text[],
    minute_operations text[], minute_statuses integer[], minute_modes text[],
    minute_requests bigint[], minute_units bigint[],
    kind_minutes integer[], kind_periods integer[], kind_units integer[], record_kinds bytea,
    used_accounts text[], used_periods timestamptz[], used_units bigint[],
    spent_leases bigint[], spent_accounts text[], spent_periods timestamptz[], spent_units bigint[],
    OUT is_counted boolean, OUT has_early boolean
  ) LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM FROM gateway_epochs
    WHERE gateway_id = of_gateway AND epoch = of_epoch AND watermark = after
    FOR NO KEY UPDATE;
    is_counted := FOUND;
    IF NOT is_counted THEN RETURN; END IF;

    INSERT INTO periods AS known (account_id, period_start, used)
    SELECT account_id, period_start, sum(units)::bigint FROM (
      SELECT * FROM unnest(used_accounts, used_periods, used_units)
        AS total (account_id, period_start, units)
      UNION ALL
      SELECT account_id, period_start, 0 FROM leases
      WHERE gateway_id = of_gateway AND epoch = of_epoch
        AND returned IS NULL AND released_through <= through AND held_until IS NULL
    ) AS wanted GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (account_id, period_start) DO UPDATE SET used = known.used + excluded.used;

    INSERT INTO usage_minutes AS known
      (account_id, minute, key_id, operation, status, mode, requests, units, overage_units)
    SELECT account_id, minute, key_id, operation, status, mode, requests, units,
      coalesce(overage, 0)
    FROM unnest(minute_accounts, minute_starts, minute_keys, minute_operations,
      minute_statuses, minute_modes, minute_requests, minute_units, overage_of_minutes(
        used_accounts, used_periods, used_units, kind_minutes, kind_periods, kind_units,
        record_kinds
      )) AS total (account_id, minute, key_id, operation, status, mode, requests, units, overage)
    ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (account_id, minute, key_id, operation, status, mode) DO UPDATE
    SET requests = known.requests + excluded.requests, units = known.units + excluded.units,
      overage_units = known.overage_units + excluded.overage_units;

    WITH spent AS (
      SELECT lease_number, account_id, period_start, least(total.units, granted - settled) AS units
      FROM leases JOIN unnest(spent_leases, spent_accounts, spent_periods, spent_units)
        AS total (lease_number, account_id, period_start, units)
        USING (lease_number, account_id, period_start)
      WHERE gateway_id = of_gateway AND epoch = of_epoch AND returned IS NULL
    ), settlement AS (
      UPDATE leases SET settled = settled + spent.units FROM spent
      WHERE gateway_id = of_gateway AND epoch = of_epoch
        AND leases.lease_number = spent.lease_number
    )
    UPDATE periods SET outstanding = outstanding - debit.units
    FROM (
      SELECT account_id, period_start, sum(units)::bigint AS units FROM spent GROUP BY 1, 2
    ) AS debit
    WHERE periods.account_id = debit.account_id
      AND periods.period_start = debit.period_start;

    PERFORM return_leases(of_gateway, of_epoch, through);
    UPDATE gateway_epochs SET watermark = through,
      newest_minute = coalesce((SELECT max(minute) FROM unnest(minute_starts) AS minute), newest_minute)
    WHERE gateway_id = of_gateway AND epoch = of_epoch;
    has_early := EXISTS (
      SELECT FROM early_blocks WHERE gateway_id = of_gateway AND epoch = of_epoch
    );
  END $$`;

/**
 * Counts a block in one statement, whose plans PostgreSQL keeps: a transaction of several statements, each planned anew,
 * costs it more than twice as much. `ledger/count-usage.ts` and `ledger/lease-returns.ts` say what the functions do.
 */
export const COUNTING_FUNCTIONS = [RETURN_LEASES, OVERAGE_OF_MINUTES, COUNT_USAGE];
