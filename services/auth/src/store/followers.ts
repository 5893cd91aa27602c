import { sql } from "kysely";
import type { Head } from "./history.ts";
import type { AuthDatabase } from "./schema.ts";

/** Rows beyond these are not added: a follower more is one that nobody waits for. */
const FOLLOWERS_MAX = 10_000;

/** How far a follower is. */
export interface Acknowledgement extends Head {
  readonly followerId: string;
}

/** Keeps how far a follower is, `now`. In one history it never goes back. */
export async function keepAcknowledgement(
  db: AuthDatabase,
  { followerId, historyId, revision }: Acknowledgement,
  now: Date,
): Promise<void> {
  await sql`
    INSERT INTO followers (follower_id, history_id, revision, seen_time)
    SELECT ${followerId}, ${historyId}, ${revision}::bigint, ${now}::timestamptz
    WHERE (SELECT count(*) FROM followers) < ${FOLLOWERS_MAX}
      OR EXISTS (SELECT FROM followers WHERE follower_id = ${followerId})
    ON CONFLICT (follower_id) DO UPDATE SET
      history_id = excluded.history_id,
      revision = CASE WHEN followers.history_id = excluded.history_id
        THEN greatest(followers.revision, excluded.revision) ELSE excluded.revision END,
      seen_time = greatest(followers.seen_time, excluded.seen_time)`.execute(db);
}

/** Forgets a follower that ends. */
export async function forgetFollower(db: AuthDatabase, followerId: string): Promise<void> {
  await db.deleteFrom("followers").where("follower_id", "=", followerId).execute();
}

/** Forgets followers that were last heard of before a moment. */
export async function forgetFollowersBefore(db: AuthDatabase, moment: Date): Promise<void> {
  await db.deleteFrom("followers").where("seen_time", "<", moment).execute();
}

/** Followers heard of since a moment, by id; at most 10,000. */
export async function liveFollowers(db: AuthDatabase, since: Date): Promise<Acknowledgement[]> {
  const rows = await db
    .selectFrom("followers")
    .select(["follower_id", "history_id", "revision"])
    .where("seen_time", ">", since)
    .orderBy("follower_id")
    .limit(FOLLOWERS_MAX)
    .execute();
  return rows.map(({ follower_id, history_id, revision }) => ({
    ...{ followerId: follower_id, historyId: history_id, revision },
  }));
}
