import type { AuthDatabase } from "../store/schema.ts";
import type { Write } from "../store/write.ts";

/** What the RPCs work with. */
export interface Auth {
  readonly db: AuthDatabase;
  /** The same database over connections of its own: snapshots are long, and their readers may be slow. */
  readonly snapshots: AuthDatabase;
  readonly write: Write;
}
