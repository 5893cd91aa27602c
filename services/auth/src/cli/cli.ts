import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { ConfigError, type Env, readSettings } from "@geomesh/runtime/config";
import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { SETTINGS, STATEMENT_TIMEOUT_MS } from "../config.ts";
import { MIGRATIONS } from "../migrations/migrations.ts";
import { tableOwner } from "../store/privileges.ts";
import type { AuthDatabase, AuthSchema } from "../store/schema.ts";
import { createWriter } from "../store/write.ts";
import { exportLines, restoreLines } from "./backup.ts";
import { importKeys } from "./import-keys.ts";
import type { Outcome } from "./outcome.ts";

const FILE_BYTES_MAX = 256 * 1024 * 1024;
const COMMANDS = ["import", "export", "--help"];
const { databaseUrl, ownerDatabaseUrl } = SETTINGS;

const HELP = `Usage:
  import FILE.csv [--continue]   adds keys from elsewhere, by their hashes
  import FILE.jsonl              restores what export wrote, into an empty database
  export                         writes accounts, plans and hashes of keys to standard output
AUTH_DATABASE_URL, and where it is set AUTH_OWNER_DATABASE_URL, say which database. See docs/operations.md.
`;

/** What a command works with. */
export interface CliDeps {
  readonly env: Env;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Whether the arguments of the process ask for a command instead of the service. */
export function isCommand([command = ""]: readonly string[]): boolean {
  return COMMANDS.includes(command);
}

/** Runs a command, and answers the exit status: 0, or 1 where something is wrong, which is told by a sentence for each. */
export async function runCommand(argv: readonly string[], deps: CliDeps): Promise<number> {
  const [command, file = "", ...flags] = argv;
  if (command === "--help") {
    deps.write(HELP);
    return 0;
  }
  try {
    if (command === "export" && file === "") return await withDatabase(deps, exportTo(deps.write));
    const isCsv = file.toLowerCase().endsWith(".csv");
    const isAsked = command === "import" && file !== "" && flags.every((it) => isCsv && isFlag(it));
    if (!isAsked) throw new Error(`not a command\n${HELP}`);
    const text = await readText(file);
    const goesOn = flags.includes("--continue");
    const { done, problems } = await withDatabase(deps, (db) =>
      isCsv ? importCsv(db, text, goesOn) : restoreLines(db, text),
    );
    for (const problem of problems) deps.complain(`${problem}\n`);
    deps.write(`${done}\n`);
    return problems.length > 0 ? 1 : 0;
  } catch (error) {
    deps.complain(
      `${error instanceof ConfigError ? error.problems.join("\n") : messageOf(error)}\n`,
    );
    return 1;
  }
}

const isFlag = (flag: string) => flag === "--continue";
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function exportTo(write: CliDeps["write"]) {
  return async (db: AuthDatabase): Promise<number> => {
    for await (const line of exportLines(db)) write(`${line}\n`);
    return 0;
  };
}

function importCsv(db: AuthDatabase, text: string, goesOn: boolean): Promise<Outcome> {
  const clock = SYSTEM_CLOCK;
  const write = createWriter({ db, clock, auditAddresses: "none", onCommit: () => undefined });
  return importKeys({ write, clock }, text, { goesOn });
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.length > FILE_BYTES_MAX) throw new Error(`${file} is larger than 256 MiB`);
  if (!isUtf8(bytes)) throw new Error(`${file} is not UTF-8`);
  return bytes.toString();
}

async function withDatabase<T>(
  { env }: CliDeps,
  act: (db: AuthDatabase) => Promise<T>,
): Promise<T> {
  const urls = readSettings(env, { databaseUrl, ownerDatabaseUrl });
  const { db, close } = await openDatabase<AuthSchema>({
    url: urls.databaseUrl,
    owner: tableOwner(urls.ownerDatabaseUrl, urls.databaseUrl),
    migrations: MIGRATIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log: createLog({ service: "auth", level: "silent" }),
  });
  try {
    return await act(db);
  } finally {
    await close();
  }
}
