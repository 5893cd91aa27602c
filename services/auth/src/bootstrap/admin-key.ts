import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { readSettingFile } from "@geomesh/runtime/files/setting-file";
import type { Log } from "@geomesh/runtime/log";
import { apiKeyMode, isWellFormedApiKey } from "@geomesh/terms/api-key";
import { findAccount } from "../store/accounts.ts";
import { systemActor } from "../store/actor.ts";
import { ADMIN } from "../store/administrators.ts";
import { findKeyBySecret } from "../store/keys.ts";
import type { KeyRow } from "../store/schema.ts";
import type { Write } from "../store/write.ts";
import { ensureOperatorKey } from "./bootstrap.ts";

/** Where an administrator's key is given; empty where it is not. */
export interface AdminKeySettings {
  readonly adminKey: string;
  readonly adminKeyFile: string;
}

/** The administrator's key that the settings give; undefined for none. Errors: SETTING_INVALID, which does not repeat the key. */
export async function readAdminKey(settings: AdminKeySettings): Promise<string | undefined> {
  const { adminKey, adminKeyFile } = settings;
  if (adminKey !== "" && adminKeyFile !== "") {
    throw invalid("AUTH_ADMIN_KEY and AUTH_ADMIN_KEY_FILE must not both be set.");
  }
  if (adminKeyFile === "") return adminKey === "" ? undefined : checked(adminKey, "AUTH_ADMIN_KEY");
  const text = `${await readSettingFile("AUTH_ADMIN_KEY_FILE", adminKeyFile)}`;
  return checked(text.trim(), `AUTH_ADMIN_KEY_FILE: ${adminKeyFile}`);
}

/**
 * Makes a key an administrator's if it is not known yet. A key that is known stays as it is, revoked too: the log says so where
 * it does not work as an administrator's. Errors: those of the database.
 */
export async function ensureAdminKey(write: Write, secret: string, log: Log): Promise<void> {
  const found = await write(systemActor("Bootstrap"), async (changes) => {
    const known = await findKeyBySecret(changes.trx, secret);
    if (known === undefined) await ensureOperatorKey(changes, secret);
    const row = known ?? (await findKeyBySecret(changes.trx, secret));
    const account = row && (await findAccount(changes.trx, row.account_id));
    const problem = row && problemOf(row, account, changes.commitTime);
    return problem === undefined ? undefined : { keyId: row?.key_id, problem };
  });
  if (found === undefined) return;
  log.error({ keyId: found.keyId }, `the key of AUTH_ADMIN_KEY ${found.problem}, and stays so`);
}

function problemOf(row: KeyRow, account: Account | undefined, now: Date): string | undefined {
  if (row.state === "REVOKED") return "is revoked";
  if (row.state !== "ACTIVE") return "is disabled";
  if (!row.scopes.includes(ADMIN)) return "is no administrator's";
  if (row.expire_time !== null && row.expire_time <= now) return "is expired";
  if (account?.state === Account_State.ACTIVE) return undefined;
  return `is of ${row.account_id}, which is suspended or closed`;
}

function checked(key: string, where: string): string {
  if (isWellFormedApiKey(key) && apiKeyMode(key) === "live") return key;
  throw invalid(`${where} must hold a key that begins with gm_live_ and has the right checksum.`);
}

function invalid(message: string): AppError {
  return new AppError("SETTING_INVALID", { message });
}
