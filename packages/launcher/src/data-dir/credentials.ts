import { LaunchError } from "../launch-error.ts";
import { readPrivateJson, writePrivateJson } from "./private-file.ts";

/** The first account and its keys: written by auth at its first start, completed by the launcher. */
export interface Credentials {
  readonly accountId: string;
  readonly demoKey: string;
  readonly adminKey: string;
  /** For a person who calls auth or metering themselves. */
  readonly operatorToken: string;
}

/** What the launcher adds to the file of credentials. */
export interface CredentialsSupplement {
  readonly baseUrl: string;
  readonly operatorToken: string;
}

/** Adds to the file that auth wrote. Errors: LaunchError when the keys are missing. */
export async function completeCredentials(
  path: string,
  { baseUrl, operatorToken }: CredentialsSupplement,
): Promise<Credentials> {
  const { account_id, demo_key, admin_key } = readPrivateJson(path) ?? {};
  if (!account_id || !demo_key || !admin_key) {
    throw new LaunchError(`auth is ready but left no keys in ${path}.`);
  }
  const saved = {
    base_url: baseUrl,
    account_id,
    demo_key,
    admin_key,
    operator_token: operatorToken,
  };
  await writePrivateJson(path, saved);
  return { accountId: account_id, demoKey: demo_key, adminKey: admin_key, operatorToken };
}
