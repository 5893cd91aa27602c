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

/** Writes an error as `application/problem+json` (RFC 9457): its public reason in lower case as `code`, and its public text. */
export function toProblem(internal: AppError, requestId: string): Problem {
  const error = toPublicError(internal);
  const status = reasonRow(error.reason).httpStatus;
  const title = TITLES[status] ?? STATUS_CODES[status] ?? "Error";
  const violated = error.metadata[VIOLATED_POLICY];
  const body = JSON.stringify({
    type: violated === undefined ? "about:blank" : QUOTA_EXCEEDED,
    title,
    status,
    detail: error.publicMessage,
    code: error.reason.toLowerCase(),
    request_id: requestId,
    ...(violated !== undefined && { "violated-policies": violated.split(",") }),
    ...(error.fields.length > 0 && {
      errors: error.fields.map(({ field, description }) => ({ field, detail: description })),
    }),
  });
  return {
    status,
    title,
    headers: { "content-type": "application/problem+json", ...errorHeaders(internal) },
    body: Buffer.from(`${body}\n`).toString("latin1"),
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
