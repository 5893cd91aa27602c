import { randomBytes } from "node:crypto";
import { readPrivateJson, writePrivateJson } from "./private-file.ts";

/** The passwords of the embedded PostgreSQL's roles. */
export interface Passwords {
  readonly superuser: string;
  readonly auth: string;
  /** Of the role that owns auth's tables. */
  readonly authOwner: string;
  readonly metering: string;
}

const NAMES = ["superuser", "auth", "auth_owner", "metering"] as const;

/**
 * Reads the stored passwords, and makes those that are missing: all at the first start, later those of roles that are new.
 * They need no escaping in a URL. Errors: LaunchError.
 */
export async function keptPasswords(path: string): Promise<Passwords> {
  const kept = readPrivateJson(path) ?? {};
  const all = Object.fromEntries(NAMES.map((name) => [name, kept[name] || newPassword()]));
  if (NAMES.some((name) => !kept[name])) await writePrivateJson(path, all);
  const { superuser = "", auth = "", auth_owner: authOwner = "", metering = "" } = all;
  return { superuser, auth, authOwner, metering };
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}
