import { LaunchError } from "../launch-error.ts";
import { readPrivateJson, writePrivateJson } from "./private-file.ts";

/** The first account and its keys: written by auth at its first start, completed by the launcher. */
export interface Credentials {
  readonly accountId: string;
  readonly demoKey: string;
  readonly adminKey: string;
}

/** Adds the base URL to the file that auth wrote. Errors: LaunchError when the keys are missing. */
export async function completeCredentials(path: string, baseUrl: string): Promise<Credentials> {
  const { account_id, demo_key, admin_key } = readPrivateJson(path) ?? {};
  if (!account_id || !demo_key || !admin_key) {
    throw new LaunchError(`auth is ready but left no keys in ${path}.`);
  }
  await writePrivateJson(path, { base_url: baseUrl, account_id, demo_key, admin_key });
  return { accountId: account_id, demoKey: demo_key, adminKey: admin_key };
}
