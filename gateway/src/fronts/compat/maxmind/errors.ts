import {
  type AppError,
  invalidArgument,
  type Reason,
  toPublicError,
} from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import { errorHeaders } from "../../../http/problem.ts";
import { isBadAddress } from "../addresses.ts";
import { emptyAnswer, jsonAnswer } from "../answers.ts";
import type { Answer } from "../facade.ts";
import { ACCOUNT_ID } from "./credential.ts";

const TYPE = {
  "content-type": "application/vnd.maxmind.com-error+json; charset=UTF-8; version=2.0",
};
const CHALLENGE = { "www-authenticate": 'Basic realm="geomesh"' };
/** Statuses whose answers have no body. */
const BODILESS = new Set([429, 503]);

interface Row {
  readonly status: number;
  readonly code: string;
}

const PERMISSION_REQUIRED = { status: 403, code: "PERMISSION_REQUIRED" };
const ACCOUNT_ID_REQUIRED = { status: 401, code: "ACCOUNT_ID_REQUIRED" };
const IP_ADDRESS_INVALID = { status: 400, code: "IP_ADDRESS_INVALID" };
const IP_ADDRESS_REQUIRED = { status: 400, code: "IP_ADDRESS_REQUIRED" };
/** The rule that a path without an address breaks. */
const REQUIRED = "required";
/** Errors by the reason that clients may see; any other has its own status, and its reason as the code. */
const ROWS: { readonly [R in Reason]?: Row } = {
  KEY_MISSING: { status: 401, code: "LICENSE_KEY_REQUIRED" },
  KEY_INVALID: { status: 401, code: "AUTHORIZATION_INVALID" },
  KEY_DISABLED: PERMISSION_REQUIRED,
  SCOPE_MISSING: PERMISSION_REQUIRED,
  PLAN_FORBIDDEN: PERMISSION_REQUIRED,
  ADDRESS_FORBIDDEN: PERMISSION_REQUIRED,
  ORIGIN_FORBIDDEN: PERMISSION_REQUIRED,
  TEST_ADDRESS_REQUIRED: PERMISSION_REQUIRED,
  QUOTA_EXCEEDED: { status: 402, code: "INSUFFICIENT_FUNDS" },
};

/** The error of a path that ends where the address should stand. */
export const addressRequired = () =>
  invalidArgument([
    { field: "ip_address", description: "must end the path, or me", reason: REQUIRED },
  ]);

/** Answers for addresses that have no location. */
export const ADDRESS_ERRORS = {
  reserved: (address: string) =>
    answerOf(400, "IP_ADDRESS_RESERVED", `${address} is reserved, or of a private network.`),
  notFound: (address: string) =>
    answerOf(404, "IP_ADDRESS_NOT_FOUND", `No dataset knows ${address}.`),
};

/** Writes an error as MaxMind's web service does; rate limits and unavailable services without a body. */
export function maxmindError(internal: AppError): Answer {
  const error = toPublicError(internal);
  const { status, code } = rowOf(error);
  const headers = { ...errorHeaders(internal), ...(status === 401 && CHALLENGE) };
  if (BODILESS.has(status)) return emptyAnswer(status, headers);
  const { headers: type, ...answer } = answerOf(status, code, error.publicMessage);
  return { ...answer, headers: { ...type, ...headers } };
}

function rowOf(error: AppError): Row {
  const { reason, fields } = error;
  if (fields.some((field) => field.reason === REQUIRED)) return IP_ADDRESS_REQUIRED;
  if (isBadAddress(error)) return IP_ADDRESS_INVALID;
  if (reason === "KEY_MISSING" && fields.some(({ field }) => field === ACCOUNT_ID)) {
    return ACCOUNT_ID_REQUIRED;
  }
  return ROWS[reason] ?? { status: reasonRow(reason).httpStatus, code: reason };
}

const answerOf = (status: number, code: string, error: string) =>
  jsonAnswer(status, { code, error }, TYPE);
