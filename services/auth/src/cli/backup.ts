import { sql } from "kysely";
import type { AuthDatabase, AuthTransaction } from "../store/schema.ts";
import { lockRevision } from "../store/write.ts";
import type { Outcome } from "./outcome.ts";

/** What is exported, in an order in which it can be restored, and by what its rows are ordered. */
const ORDERS = {
  plans: "plan_id",
  accounts: "account_id",
  plan_assignments: "assignment_number",
  keys: "key_id",
  key_uses: "key_id",
} as const;
const TABLES = Object.keys(ORDERS) as (keyof typeof ORDERS)[];
/** Assigned anew, in the same order. */
const NUMBER = "assignment_number";
const ROWS_AT_ONCE = 500;
const FORMAT = "geomesh-auth-1";

interface Line {
  readonly number: number;
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** A line of JSON for each row, all as of one moment; the first names the format, the newest revision and how many rows follow. */
export async function* exportLines(db: AuthDatabase): AsyncGenerator<string> {
  const begin = await db
    .startTransaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute();
  try {
    const counts = TABLES.map((table) => sql`(SELECT count(*) FROM ${sql.table(table)})`);
    const { rows: heads } = await sql<{ head: string }>`
      SELECT json_build_object('format', ${FORMAT}::text, 'revision', revision,
        'floor_revision', floor_revision, 'rows', ${sql.join(counts, sql` + `)})::text AS head
      FROM revision_counter`.execute(begin);
    yield heads[0]?.head ?? "";
    for (const table of TABLES) yield* rowsOf(begin, table);
  } finally {
    await begin.rollback().execute();
  }
}

async function* rowsOf(db: AuthDatabase, table: keyof typeof ORDERS): AsyncGenerator<string> {
  const cursor = sql.id(`export_${table}`);
  await sql`
    DECLARE ${cursor} CURSOR FOR
    SELECT json_build_object('table', ${sql.lit(table)}, 'row', row_to_json(t))::text AS line
    FROM ${sql.table(table)} t ORDER BY ${sql.id(ORDERS[table])}`.execute(db);
  for (;;) {
    const { rows } = await sql<{ line: string }>`
      FETCH ${sql.raw(`${ROWS_AT_ONCE}`)} FROM ${cursor}`.execute(db);
    for (const { line } of rows) yield line;
    if (rows.length < ROWS_AT_ONCE) return;
  }
}

/**
 * Restores what `exportLines` wrote, all of it or nothing, into a database that has no plan, account or key. Columns that a newer
 * version has get their defaults. Errors: those of the database.
 */
export async function restoreLines(db: AuthDatabase, text: string): Promise<Outcome> {
  const { head, lines, problems } = readLines(text);
  if (problems.length > 0) return { done: "nothing restored", problems };
  return db.transaction().execute(async (trx) => {
    const revision = await lockRevision(trx);
    if (revision !== 0n) throw new Error("the database is not empty: restore into a new one");
    for (const table of TABLES)
      await fill(
        trx,
        lines.filter((line) => line.table === table),
      );
    await sql`
      UPDATE revision_counter SET revision = ${head.revision},
        floor_revision = ${head.floorRevision}`.execute(trx);
    return { done: `${lines.length} rows restored`, problems: [] };
  });
}

interface Head {
  readonly revision: number;
  readonly floorRevision: number;
  readonly rows: number;
}

interface Read {
  readonly head: Head;
  readonly lines: readonly Line[];
  readonly problems: readonly string[];
}

function readLines(text: string): Read {
  const problems: string[] = [];
  const [first = "", ...rest] = text.split("\n");
  const { format, revision, floor_revision, rows } = parse(first) ?? {};
  const head = {
    revision: Number(revision),
    floorRevision: Number(floor_revision),
    rows: Number(rows),
  };
  if (format !== FORMAT || !Object.values(head).every(Number.isSafeInteger)) {
    return { head, lines: [], problems: ["line 1: is not the first of an export"] };
  }
  const lines = rest.flatMap((json, at): Line[] => {
    if (json === "") return [];
    const { table, row } = parse(json) ?? {};
    const isKnown = TABLES.some((each) => each === table) && typeof row === "object";
    if (!isKnown || row === null) problems.push(`line ${at + 2}: is not a row of an export`);
    else if (!isWithin(row, head.revision)) {
      problems.push(`line ${at + 2}: its revision is beyond that of line 1`);
    }
    return [{ number: at + 2, table: String(table), row: (row ?? {}) as Line["row"] }];
  });
  if (lines.length !== head.rows) {
    problems.push(`the file is not whole: it has ${lines.length} rows of ${head.rows}`);
  }
  return { head, lines, problems };
}

/** Followers never hear of a change whose revision is beyond the newest, and the next changes would take its revision again. */
function isWithin(row: object, newest: number): boolean {
  const { revision = 0 } = row as { readonly revision?: unknown };
  return Number(revision) <= newest;
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

async function fill(trx: AuthTransaction, lines: readonly Line[]): Promise<void> {
  for (const { number, table, row } of lines) {
    const names = Object.keys(row).filter((name) => name !== NUMBER);
    const columns = sql.join(names.map((name) => sql.id(name)));
    const name = sql.table(table);
    await sql`
      INSERT INTO ${name} (${columns})
      SELECT ${columns} FROM json_populate_record(NULL::${name}, ${JSON.stringify(row)}::json)`
      .execute(trx)
      .catch((cause: unknown) => {
        throw new Error(`line ${number}: ${(cause as Error).message}`, { cause });
      });
  }
}
