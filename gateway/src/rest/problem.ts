import type { AppError, ErrorKind } from "@geomesh/runtime/errors";

/** The table of google.rpc.Code. */
const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  aborted: 409,
  resource_exhausted: 429,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
};
/** What HTTP has a status of its own for. */
const STATUS_OF_REASON: Readonly<Record<string, number>> = {
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_SLOW: 408,
  REQUEST_TOO_SLOW: 408,
  BODY_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  UNSUPPORTED_MEDIA_TYPE: 415,
  HEADERS_TOO_LARGE: 431,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  413: "Content too large",
  414: "URI too long",
  415: "Unsupported media type",
  429: "Too many requests",
  431: "Request header fields too large",
  499: "Client closed request",
  500: "Internal error",
  501: "Not implemented",
  503: "Service unavailable",
  504: "Gateway timeout",
};

/** Problem type of draft-ietf-httpapi-ratelimit-headers for a limit that was hit. */
const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const VIOLATED: Readonly<Record<string, string>> = {
  RATE_LIMITED: "second",
  QUOTA_EXCEEDED: "month",
};
const RETRY_AFTER_MS = 1_000;

/** Refusals that the API promises a code of their own for. */
const OWN_CODES: ReadonlySet<string> = new Set([
  "KEY_MISSING",
  "KEY_INVALID",
  "KEY_DISABLED",
  "ORIGIN_FORBIDDEN",
  "ADDRESS_FORBIDDEN",
  "SCOPE_MISSING",
  "PLAN_FORBIDDEN",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
]);

export function httpStatus(error: AppError): number {
  return STATUS_OF_REASON[error.reason] ?? STATUS[error.kind];
}

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;
  /** In UTF-8, with one character a byte. */
  readonly body: string;
}

/** An error as `application/problem+json` (RFC 9457). Only what the error says in public is in it. */
export function toProblem(error: AppError, requestId: string): Problem {
  const status = httpStatus(error);
  const title = TITLES[status] ?? "Error";
  const violated = VIOLATED[error.reason];
  const body = JSON.stringify({
    type: violated === undefined ? "about:blank" : QUOTA_EXCEEDED,
    title,
    status,
    detail: error.publicMessage,
    code: codeOf(error),
    request_id: requestId,
    ...(violated !== undefined && { "violated-policies": [violated] }),
    ...(error.fields.length > 0 && {
      errors: error.fields.map(({ field, description }) => ({ field, detail: description })),
    }),
  });
  return {
    status,
    title,
    headers: headersOf(error, status),
    body: Buffer.from(body).toString("latin1"),
  };
}

function headersOf(error: AppError, status: number): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="geomesh"';
  if (error.retryAfterMs !== undefined || status === 429 || status === 503) {
    const seconds = Math.ceil((error.retryAfterMs ?? RETRY_AFTER_MS) / 1000);
    headers["retry-after"] = `${Math.max(1, seconds)}`;
  }
  return headers;
}

/** The kind of an error where its reason says no more than a client can use: a service is away, but not which. */
function codeOf({ kind, reason }: AppError): string {
  const hasOwnCode = OWN_CODES.has(reason) || STATUS_OF_REASON[reason] !== undefined;
  return hasOwnCode ? reason.toLowerCase() : kind;
}
