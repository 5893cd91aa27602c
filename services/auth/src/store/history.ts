import { sql } from "kysely";
import type { AuthDatabase } from "./schema.ts";

/** How far a database is, and in which history. */
export interface Head {
  /** 32 hexadecimal digits. */
  readonly historyId: string;
  /** The newest committed revision. */
  readonly revision: bigint;
}

/**
 * Reads the newest revision and the id of the history that it is of. Revisions of two histories say nothing of each other.
 *
 * The id is a hash of what every role may read and what no restore keeps: the cluster's identifier (another server), its
 * timeline (recovery to a point in time, promotion of a standby), the database's oid (another database of the name) and the
 * file of the counter's table (tables that a dump created again). A restore of rows alone, into the tables that are there,
 * keeps the id.
 */
export async function readHead(db: AuthDatabase): Promise<Head> {
  const { rows } = await sql<{ history_id: string; revision: bigint }>`
    SELECT
      left(encode(sha256(convert_to(concat_ws(':',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT timeline_id FROM pg_control_checkpoint()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        pg_relation_filenode('revision_counter')
      ), 'UTF8')), 'hex'), 32) AS history_id,
      revision
    FROM revision_counter`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the revision counter has no row");
  return { historyId: row.history_id, revision: row.revision };
}
