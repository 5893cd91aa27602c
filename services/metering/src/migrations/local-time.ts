import { sql } from "kysely";

/**
 * The first moment at which clocks of the session's time zone show a time: the earlier of two where they are set back over it,
 * and the moment of the change where they are set forward over it. Offsets change by an hour at most near midnight.
 */
export const INSTANT_OF = sql`
  CREATE FUNCTION instant_of(shown timestamp) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN (shown::timestamptz - interval '1 hour')::timestamp >= shown
      THEN shown::timestamptz - interval '1 hour' ELSE shown::timestamptz END
  $$`;
