import { STATUS_CODES } from "node:http";
import { type AppError, toPublicError, VIOLATED_POLICY } from "@geomesh/runtime/errors";
import { reasonRow } from "@geomesh/terms/reasons";
import { LimitRefusal } from "../operations/limit-refusal.ts";

/** The problem type of draft-ietf-httpapi-ratelimit-headers for a limit that was exceeded. */
const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const RETRY_AFTER_MS = 1_000;
/** Phrases of statuses for which Node has none, or an outdated one. */
const TITLES: Readonly<Record<number, string>> = {
  413: "Content Too Large",
  499: "Client Closed Request",
};

/** An error as an HTTP answer. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;
  /** In UTF-8, with one character a byte and a newline at its end. */
  readonly body: string;
}

/** The members of a problem (RFC 9457), in their order. */
export interface ProblemMembers {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly "violated-policies"?: readonly string[];
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

/** An error as the members of a problem: its public reason in lower case as `code`, and its public text. */
export function problemMembers(
  internal: AppError,
  requestId: string,
  status = reasonRow(toPublicError(internal).reason).httpStatus,
): ProblemMembers {
  const error = toPublicError(internal);
  const violated = error.metadata[VIOLATED_POLICY];
  return {
    type: violated === undefined ? "about:blank" : QUOTA_EXCEEDED,
    title: TITLES[status] ?? STATUS_CODES[status] ?? "Error",
    status,
    detail: error.publicMessage,
    code: error.reason.toLowerCase(),
    request_id: requestId,
    ...(violated !== undefined && { "violated-policies": violated.split(",") }),
    ...(error.fields.length > 0 && {
      errors: error.fields.map(({ field, description }) => ({ field, detail: description })),
    }),
  };
}

/** Writes an error as `application/problem+json` (RFC 9457). */
export function toProblem(internal: AppError, requestId: string): Problem {
  const members = problemMembers(internal, requestId);
  const { status, title } = members;
  return {
    status,
    title,
    headers: { "content-type": "application/problem+json", ...errorHeaders(internal) },
    body: Buffer.from(`${JSON.stringify(members)}\n`).toString("latin1"),
  };
}

/** The fields of an error's answer that say what its client can do, and where it stands with its limits. */
export function errorHeaders(internal: AppError): Record<string, string> {
  const { reason, retryAfterMs } = toPublicError(internal);
  const status = reasonRow(reason).httpStatus;
  const headers: Record<string, string> =
    internal instanceof LimitRefusal ? { ...internal.headers } : {};
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="geomesh"';
  if (retryAfterMs !== undefined || status === 429 || status === 503) {
    const seconds = Math.ceil((retryAfterMs ?? RETRY_AFTER_MS) / 1000);
    headers["retry-after"] = `${Math.max(1, seconds)}`;
  }
  return headers;
}
