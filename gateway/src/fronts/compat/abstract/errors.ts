import { type AppError, toPublicError } from "@geomesh/runtime/errors";
import { errorHeaders, problemMembers } from "../../../http/problem.ts";
import { jsonAnswer } from "../answers.ts";
import type { Answer } from "../facade.ts";

const QUOTA_STATUS = 422;
const QUOTA_CODE = "quota_reached";
const INVALID = "validation_error";
/** The `code` of Abstract's errors by status; any other error has its reason in lower case. */
const CODES: Readonly<Record<number, string>> = {
  400: INVALID,
  401: "unauthorized",
  403: "forbidden",
  429: "too_many_requests",
  500: "internal_error",
  503: "service_unavailable",
};

/** Writes an error with Abstract's `error` beside the members of a problem (RFC 9457). */
export function abstractError(error: AppError, requestId: string): Answer {
  const isQuota = error.reason === "QUOTA_EXCEEDED";
  const members = problemMembers(error, requestId, isQuota ? QUOTA_STATUS : undefined);
  const { status, detail, code } = members;
  const details = detailsOf(toPublicError(error));
  const abstractCode = isQuota ? QUOTA_CODE : details === null ? CODES[status] : INVALID;
  const own = { message: detail, code: abstractCode ?? code, details };
  return jsonAnswer(
    status,
    { error: own, ...members },
    { "content-type": "application/problem+json", ...errorHeaders(error) },
  );
}

/** What is wrong with each field: the texts of each, by its name. */
function detailsOf({ reason, publicMessage, fields }: AppError): Record<string, string[]> | null {
  if (reason === "KEY_MISSING") return { api_key: [publicMessage] };
  if (fields.length === 0) return null;
  const details: Record<string, string[]> = {};
  for (const { field, description } of fields) {
    details[field] = [...(details[field] ?? []), description];
  }
  return details;
}
