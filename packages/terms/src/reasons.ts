/** What went wrong, by the names of gRPC's status codes. */
export type ErrorKind =
  | "invalid_argument"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "already_exists"
  | "aborted"
  | "failed_precondition"
  | "resource_exhausted"
  | "unavailable"
  | "deadline_exceeded"
  | "cancelled"
  | "unimplemented"
  | "internal";

/** One row of the error catalogue. */
export interface ReasonRow {
  /** Also the gRPC status: `not_found` is NOT_FOUND. */
  readonly kind: ErrorKind;
  readonly httpStatus: number;
  /** The default message of an error with this reason. */
  readonly sentence: string;
  /**
   * What clients of the gateway see instead, where the reason reveals internals such as which service failed.
   * Undefined for a reason that is public itself.
   */
  readonly publicReason?: string;
}

/** The HTTP status of each kind, by the table of google.rpc.Code. */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
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

interface RowOptions {
  /** For a reason that has an HTTP status of its own. */
  readonly httpStatus?: number;
  readonly publicReason?: string;
}

function row(kind: ErrorKind, sentence: string, options: RowOptions = {}): ReasonRow {
  return { kind, httpStatus: HTTP_STATUS[kind], sentence, ...options };
}

function unavailable(sentence: string): ReasonRow {
  return row("unavailable", sentence, { publicReason: "UNAVAILABLE" });
}

/** A start that fails: only operators read the sentence. */
function startFailed(sentence: string): ReasonRow {
  return row("failed_precondition", sentence, { publicReason: "INTERNAL" });
}

/**
 * The error catalogue: every reason that a process of the mesh gives, with its kind, status and sentence. A reason never
 * changes its name or meaning. REST clients see it in lower case as `code`, gRPC and Connect clients in ErrorInfo.
 */
export const REASONS = {
  // What a client did.
  INVALID_ARGUMENT: row("invalid_argument", "the request is invalid"),
  MALFORMED_REQUEST: row("invalid_argument", "the request is malformed"),
  PAGE_TOKEN_INVALID: row("invalid_argument", "page_token is not from this list"),
  IP_ADDRESS_INVALID: row("invalid_argument", "ip_address is not an IP address"),
  LANGUAGE_UNKNOWN: row("invalid_argument", "language is not supported"),
  UNSUPPORTED_MEDIA_TYPE: row("invalid_argument", "the body must be JSON", { httpStatus: 415 }),
  BODY_TOO_LARGE: row("invalid_argument", "the body is too large", { httpStatus: 413 }),
  URI_TOO_LONG: row("invalid_argument", "the path and query are too long", { httpStatus: 414 }),
  HEADERS_TOO_LARGE: row("invalid_argument", "the headers are too large", { httpStatus: 431 }),
  BODY_TOO_SLOW: row("deadline_exceeded", "the body did not arrive in time", { httpStatus: 408 }),
  REQUEST_TOO_SLOW: row("deadline_exceeded", "the request did not arrive in time", {
    httpStatus: 408,
  }),
  NOT_FOUND: row("not_found", "there is nothing at this path"),
  METHOD_NOT_ALLOWED: row("unimplemented", "the method is not allowed here", { httpStatus: 405 }),
  CANCELLED: row("cancelled", "the client cancelled the request"),
  DEADLINE_EXCEEDED: row("deadline_exceeded", "the deadline passed before the answer was ready"),

  // Who it is and what it may do.
  KEY_MISSING: row("unauthenticated", "an API key is required"),
  KEY_INVALID: row("unauthenticated", "the API key is invalid"),
  KEY_DISABLED: row("permission_denied", "the account of this API key is suspended"),
  SCOPE_MISSING: row("permission_denied", "the API key lacks a scope"),
  PLAN_FORBIDDEN: row("permission_denied", "the plan does not include this"),
  RATE_LIMITED: row("resource_exhausted", "too many requests with this API key"),
  QUOTA_EXCEEDED: row("resource_exhausted", "the quota of this month is used up"),

  // Accounts, plans and keys.
  ACCOUNT_NOT_FOUND: row("not_found", "the account does not exist"),
  KEY_NOT_FOUND: row("not_found", "the key does not exist"),
  PLAN_NOT_FOUND: row("not_found", "the plan does not exist"),
  PLAN_UNKNOWN: row("failed_precondition", "no plan has this plan_id"),
  PLAN_EXISTS: row("already_exists", "a plan with this plan_id exists"),

  // A part of the mesh is unavailable: clients need not know which.
  UNAVAILABLE: row("unavailable", "the service is temporarily unavailable"),
  UPSTREAM_UNAVAILABLE: unavailable("a service is temporarily unavailable"),
  NOT_SERVING: unavailable("the service is not ready"),
  AUTH_STALE: unavailable("API keys cannot be checked at the moment"),
  METERING_UNAVAILABLE: unavailable("the quota cannot be checked at the moment"),
  ACCOUNTS_LOADING: unavailable("accounts are still being loaded"),
  DATASET_MISSING: unavailable("no dataset is loaded yet"),
  USAGE_SPOOL_FULL: unavailable("usage cannot be recorded at the moment"),
  USAGE_SPOOL_BROKEN: unavailable("usage cannot be recorded"),
  EVENT_NOT_STORED: unavailable("the event was not stored"),
  STREAM_UNAVAILABLE: unavailable("the event stream is unavailable"),
  INTERNAL: row("internal", "internal error"),

  // For a peer of another version whose reason is unknown here: its gRPC status still tells the kind.
  UNAUTHENTICATED: row("unauthenticated", "the caller is not authenticated"),
  PERMISSION_DENIED: row("permission_denied", "the caller may not do this"),
  ALREADY_EXISTS: row("already_exists", "the resource exists already"),
  ABORTED: row("aborted", "the request conflicted with another"),
  FAILED_PRECONDITION: row("failed_precondition", "the state does not allow this"),
  RESOURCE_EXHAUSTED: row("resource_exhausted", "a limit is reached"),
  UNIMPLEMENTED: row("unimplemented", "this is not implemented"),

  // What processes tell each other.
  REVISION_UNKNOWN: row(
    "failed_precondition",
    "after_revision is newer than every change; load again from 0",
  ),
  FRAME_INVALID: row("invalid_argument", "the frame is invalid"),
  PERIOD_NOT_CURRENT: row(
    "failed_precondition",
    "period_start_time is not the start of the current month",
  ),
  EPOCH_CLOSED: row("failed_precondition", "the epoch is closed and gets no more leases"),
  LEASE_UNKNOWN: row("failed_precondition", "units_known exceeds what was granted under the lease"),
  LEASE_RELEASED: row("failed_precondition", "the lease was released"),
  LEASE_MISMATCH: row("failed_precondition", "the lease is for another account or period"),

  // Why a process does not start.
  CANNOT_LISTEN: unavailable("the port is not available"),
  DATABASE_UNAVAILABLE: unavailable("the database is unavailable"),
  DIRECTORY_IN_USE: startFailed("another process uses the directory"),
  USAGE_SPOOL_UNWRITABLE: unavailable("the usage spool is not writable"),
  POSTGRES_MISSING: startFailed("the PostgreSQL binaries are not installed"),
  BOOTSTRAP_FILE_INVALID: startFailed("the bootstrap file is invalid"),
  DATASETS_DIRECTORY_MISSING: startFailed("the datasets directory does not exist"),
  SETTING_INVALID: startFailed("a setting is invalid"),
} as const satisfies Readonly<Record<string, ReasonRow>>;

/** A reason of the catalogue. */
export type Reason = keyof typeof REASONS;

/** The row of a reason. */
export function reasonRow(reason: Reason): ReasonRow {
  return REASONS[reason];
}

/** True for a name of the catalogue: a peer of another version may give another. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** The reason for a kind where nothing more specific is known. */
export function reasonOfKind(kind: ErrorKind): Reason {
  const reason = kind.toUpperCase();
  return isReason(reason) ? reason : "INTERNAL";
}

/** The reason that clients of the gateway see for this one. */
export function publicReason(reason: Reason): Reason {
  const { publicReason: shown = reason } = reasonRow(reason);
  return isReason(shown) ? shown : "INTERNAL";
}
