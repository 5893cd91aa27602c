import { AppError } from "@geomesh/runtime/errors";
import { type CredentialPlaces, KEY_PARAMETER } from "../../../http/credential.ts";

/** The field of an error about the first part of the credential. */
export const ACCOUNT_ID = "account_id";

const ACCOUNT = /^\d+$/;

/**
 * Account and licence key by `Authorization: Basic`: any number as the account, as a key alone tells whose it is, and a key of
 * the gateway's own as the licence key.
 */
export const MAXMIND_PLACES: CredentialPlaces = {
  parameters: [KEY_PARAMETER],
  basicKey(account, licenseKey) {
    if (ACCOUNT.test(account)) return licenseKey;
    const message = "the account id must be a number";
    if (account !== "") throw new AppError("KEY_INVALID", { message });
    const fields = [{ field: ACCOUNT_ID, description: "is required" }];
    throw new AppError("KEY_MISSING", { message: "an account id is required", fields });
  },
};
