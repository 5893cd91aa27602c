import { sql } from "kysely";
import type { Head } from "./history.ts";
import type { AuthDatabase } from "./schema.ts";

/** Rows beyond these are not added: a follower more is one that nobody waits for. */
const FOLLOWERS_MAX = 10_000;
const FORGET_MS = 600_000;

/** How far a follower is. */
export interface FollowerPosition extends Head {
  readonly followerId: string;
  /** For how long it accepts keys without hearing from auth, in milliseconds. */
  readonly stalenessMaxMs: number;
}

/** What a follower says of itself. */
export interface Acknowledgement extends FollowerPosition {
  /** Where it has locked its directory: one process at a time is at a place. Empty where it does not say. */
  readonly place: Uint8Array;
  /** Larger for one that starts later at the same place. */
  readonly epoch: bigint;
}

/**
 * Keeps how far a follower is, `now`. In one history it never goes back. Those that ran at its place before have ended, and are
 * forgotten: what one of them said arrives late where it comes after that, and is forgotten with the next call.
 */
export async function keepAcknowledgement(
  db: AuthDatabase,
  { followerId, historyId, revision, place, epoch, stalenessMaxMs }: Acknowledgement,
  now: Date,
): Promise<void> {
  const at = place.length > 0 ? Buffer.from(place) : null;
  await sql`
    WITH ended AS (
      DELETE FROM followers WHERE place = ${at}::bytea AND epoch < ${epoch}::bigint AND follower_id <> ${followerId})
    INSERT INTO followers (follower_id, history_id, revision, seen_time, place, epoch, staleness_max_ms)
    SELECT ${followerId}, ${historyId}, ${revision}::bigint, ${now}::timestamptz, ${at}::bytea, ${epoch}::bigint,
      ${stalenessMaxMs}::integer
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

/** Which followers to ask for. */
export interface LivesAt {
  readonly now: Date;
  /** Beyond its own `stalenessMaxMs`, for how long a silent one counts as living, in milliseconds. */
  readonly marginMs: number;
}

/** Forgets followers that were silent for 10 minutes, and no longer live. */
export async function forgetSilentFollowers(db: AuthDatabase, at: LivesAt): Promise<void> {
  const before = new Date(at.now.getTime() - FORGET_MS);
  await db
    .deleteFrom("followers")
    .where("seen_time", "<", before)
    .where(({ not }) => not(mayLive(at)))
    .execute();
}

/** Followers that may still accept keys, by id; at most 10,000. */
export async function liveFollowers(db: AuthDatabase, at: LivesAt): Promise<FollowerPosition[]> {
  const rows = await db
    .selectFrom("followers")
    .select(["follower_id", "history_id", "revision", "staleness_max_ms"])
    .where(mayLive(at))
    .orderBy("follower_id")
    .limit(FOLLOWERS_MAX)
    .execute();
  return rows.map(({ follower_id, history_id, revision, staleness_max_ms }) => ({
    ...{ followerId: follower_id, historyId: history_id, revision },
    stalenessMaxMs: staleness_max_ms,
  }));
}

const mayLive = ({ now, marginMs }: LivesAt) => sql<boolean>`
  seen_time + (staleness_max_ms + ${marginMs}::integer) * interval '1 millisecond' > ${now}::timestamptz`;
