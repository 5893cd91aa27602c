import { type AppError, type Reason, toPublicError } from "@geomesh/runtime/errors";
import { errorHeaders, problemMembers } from "../../../http/problem.ts";
import { isBadAddress } from "../addresses.ts";
import { jsonAnswer } from "../answers.ts";
import type { Answer } from "../facade.ts";

/** An error as ipinfo writes it, which also stands for an entry of a batch. */
export interface IpinfoError {
  readonly status: number;
  readonly error: { readonly title: string; readonly message: string };
}

/** What stands for an address that is not located, with why. */
export const wrongIp = (message: string): IpinfoError => ({
  status: 404,
  error: { title: "Wrong ip", message },
});
/** What stands for a name that is no field. */
export const WRONG_FIELD: IpinfoError = {
  status: 404,
  error: { title: "Wrong field", message: "An address has no field of this name" },
};

interface Row {
  readonly status: number;
  readonly title: string;
}

/** Errors by the reason that clients may see; any other has its own status and title. */
const ROWS: { readonly [R in Reason]?: Row } = {
  KEY_MISSING: { status: 401, title: "Token required" },
  KEY_INVALID: { status: 403, title: "Unknown token" },
  RATE_LIMITED: { status: 429, title: "Rate limit exceeded" },
  QUOTA_EXCEEDED: { status: 429, title: "Quota exceeded" },
};

/** Writes an error as ipinfo does. */
export function ipinfoError(internal: AppError, requestId: string): Answer {
  const headers = errorHeaders(internal);
  const error = toPublicError(internal);
  if (isBadAddress(error)) {
    const wrong = wrongIp(error.publicMessage);
    return jsonAnswer(wrong.status, wrong, headers);
  }
  const problem = problemMembers(internal, requestId);
  const { status, title } = ROWS[error.reason] ?? problem;
  return jsonAnswer(status, { status, error: { title, message: problem.detail } }, headers);
}
