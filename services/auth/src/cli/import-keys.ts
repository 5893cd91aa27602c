import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Clock } from "@geomesh/runtime/clock";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { SCOPE_NAMES, SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import { nameProblems, referenceProblems, timeProblems } from "../rpc/checks.ts";
import { findAccount, findByExternalId } from "../store/accounts.ts";
import { systemActor } from "../store/actor.ts";
import { insertGivenKey } from "../store/change-keys.ts";
import type { Changes, Write } from "../store/write.ts";
import { type CsvRecord, parseCsv } from "./csv.ts";
import type { Outcome } from "./outcome.ts";

const COLUMNS = [
  ...["account_id", "account_external_id", "name", "scopes", "expire_time"],
  ...["key_sha256", "display_prefix"],
];
const RECORDS_MAX = 10_000;
/** With `--continue`, so that other writers have their turn. */
const RECORDS_AT_ONCE = 100;
const NAME_CHARACTERS_MAX = 200;
const UNKNOWN_PREFIX = "imported";
const SHA256_TEXT = /^[\da-f]{64}$/i;
const PREFIX_TEXT = /^[\x21-\x7e]{1,12}$/;
const TIME_TEXT =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const CONTROL = /\p{Cc}/u;

/** What an import works with. */
export interface ImportDeps {
  readonly write: Write;
  readonly clock: Clock;
}

/** A line that is wrong. Its message is the sentence. */
class LineProblem extends Error {}

/** Undoes a transaction whose problems are told. */
class Undone extends Error {}

type Row = Readonly<Record<string, string>>;

/**
 * Adds keys from elsewhere by their hashes: all of a file or none, or with `goesOn` all lines that are right. A hash that the
 * account has already is left as it is, so that the same file can be imported again. Limits of plans do not apply. Errors: Error
 * where the file as a whole is wrong; those of the database.
 */
export async function importKeys(
  { write, clock }: ImportDeps,
  text: string,
  { goesOn }: { readonly goesOn: boolean },
): Promise<Outcome> {
  const [header, ...records] = parseCsv(text, RECORDS_MAX + 1);
  const names = header?.cells ?? [];
  const wrong = names.filter((name, at) => !COLUMNS.includes(name) || names.indexOf(name) !== at);
  if (wrong.length > 0) throw new Error(`line 1: unknown or repeated columns: ${wrong.join(", ")}`);
  if (!names.includes("key_sha256")) throw new Error("line 1: there must be a column key_sha256");
  const problems: string[] = [];
  let [added, known] = [0, 0];
  const importSome = (some: readonly CsvRecord[]) =>
    write(systemActor("ImportKeys"), async (changes) => {
      for (const record of some) {
        try {
          if (await importOne(changes, rowOf(names, record), clock.wallMs())) added += 1;
          else known += 1;
        } catch (error) {
          if (!(error instanceof LineProblem)) throw error;
          problems.push(`line ${record.line}: ${error.message}`);
        }
      }
      if (problems.length > 0 && !goesOn) throw new Undone();
    });
  const size = goesOn ? RECORDS_AT_ONCE : RECORDS_MAX;
  for (let at = 0; at < records.length; at += size) {
    await importSome(records.slice(at, at + size)).catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
      [added, known] = [0, 0];
    });
  }
  return { done: `${added} keys added, ${known} known already`, problems };
}

/** Errors: LineProblem. */
function rowOf(names: readonly string[], { cells }: CsvRecord): Row {
  if (cells.length > names.length) {
    throw new LineProblem("has more cells than the first line; a comma in a cell needs quotes");
  }
  const at = cells.findIndex((cell) => CONTROL.test(cell));
  if (at >= 0) throw new LineProblem(`${names[at]} must have no control characters`);
  return Object.fromEntries(names.map((name, at) => [name, cells[at]?.trim() ?? ""]));
}

/** True where the key is new. Nothing is written before all was checked. Errors: LineProblem. */
async function importOne(changes: Changes, row: Row, wallMs: number): Promise<boolean> {
  const { key_sha256: hash = "", display_prefix: prefix = "", name = "" } = row;
  if (!SHA256_TEXT.test(hash)) throw new LineProblem("key_sha256 must have 64 hexadecimal digits");
  if (prefix !== "" && !PREFIX_TEXT.test(prefix)) {
    throw new LineProblem("display_prefix must have 1 to 12 visible characters of ASCII");
  }
  if (name === "" || [...name].length > NAME_CHARACTERS_MAX) {
    throw new LineProblem("name must have 1 to 200 characters");
  }
  refuse(nameProblems("name", name));
  const [scopes, expireTime] = [scopesOf(row), expireTimeOf(row, wallMs)];
  const accountId = await accountOf(changes, row);
  const sha256 = Buffer.from(hash, "hex");
  const before = await changes.trx
    .selectFrom("keys")
    .select("account_id")
    .where("secret_sha256", "=", sha256)
    .executeTakeFirst();
  if (before !== undefined) {
    if (before.account_id === accountId) return false;
    throw new LineProblem("another account has this key");
  }
  const key = { accountId, name, scopes, ...(expireTime && { expireTime }) };
  await insertGivenKey(changes, key, { sha256, displayPrefix: prefix || UNKNOWN_PREFIX });
  return true;
}

function scopesOf({ scopes = "" }: Row): string[] {
  const asked = [...new Set(scopes.split(/[\s;]+/).filter((scope) => scope !== ""))];
  const unknown = asked.filter((scope) => !SCOPE_NAMES.includes(scope));
  if (unknown.length > 0) throw new LineProblem(`unknown scopes: ${unknown.join(" ")}`);
  return asked.length > 0 ? asked : [...SCOPES_DEFAULT];
}

function expireTimeOf({ expire_time: text = "" }: Row, wallMs: number): Date | undefined {
  if (text === "") return undefined;
  const day = TIME_TEXT.exec(text)?.[1];
  const time = new Date(text);
  if (day === undefined || !isDay(day) || Number.isNaN(time.getTime())) {
    throw new LineProblem("expire_time must be a time of RFC 3339");
  }
  refuse(timeProblems("expire_time", time));
  if (time.getTime() <= wallMs) throw new LineProblem("expire_time must be in the future");
  return time;
}

/** Tells the first problem of a field. Errors: LineProblem. */
function refuse([problem]: readonly FieldProblem[]): void {
  if (problem !== undefined) throw new LineProblem(`${problem.field} ${problem.description}`);
}

/** Date takes 30 February for a day of March. */
function isDay(text: string): boolean {
  const day = new Date(text);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

async function accountOf({ trx }: Changes, row: Row): Promise<string> {
  const { account_id: id = "", account_external_id: externalId = "" } = row;
  if ((id === "") === (externalId === "")) {
    throw new LineProblem("either account_id or account_external_id must be given");
  }
  if (id === "") refuse(referenceProblems("account_external_id", externalId));
  const found = id === "" ? await findByExternalId(trx, externalId) : id;
  const account = found === undefined ? undefined : await findAccount(trx, found);
  if (found === undefined || account === undefined) {
    throw new LineProblem("there is no such account");
  }
  if (account.state === Account_State.CLOSED) throw new LineProblem("the account is closed");
  return found;
}
