import { randomBytes } from "node:crypto";
import { readPrivateJson, writePrivateJson } from "./private-file.ts";

/** The passwords of the embedded PostgreSQL's roles. */
export interface Passwords {
  readonly superuser: string;
  readonly auth: string;
  readonly metering: string;
}

/** Reads the stored passwords, or makes them at the first start. They need no escaping in a URL. Errors: LaunchError. */
export async function keptPasswords(path: string): Promise<Passwords> {
  const { superuser, auth, metering } = readPrivateJson(path) ?? {};
  if (superuser && auth && metering) return { superuser, auth, metering };
  const made = { superuser: newPassword(), auth: newPassword(), metering: newPassword() };
  await writePrivateJson(path, made);
  return made;
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}
