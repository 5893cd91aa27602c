/** What went wrong, in the terms of gRPC's status codes. */
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

/** One mistake in a request: a path of snake_case field names and what is wrong there. */
export interface FieldProblem {
  readonly field: string;
  readonly description: string;
  readonly reason?: string;
}

export interface AppErrorOptions {
  readonly fields?: readonly FieldProblem[];
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * The one error of the mesh. `publicMessage` may be shown to anyone; `cause` never leaves the process.
 * `reason` is stable and in SCREAMING_SNAKE_CASE.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly publicMessage: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(
    kind: ErrorKind,
    reason: string,
    publicMessage: string,
    options: AppErrorOptions = {},
  ) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.reason = reason;
    this.publicMessage = publicMessage;
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.metadata = options.metadata ?? {};
  }
}

/** Anything that is not an AppError becomes `internal` with a fixed message; what it was stays in `cause`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("internal", "INTERNAL", "internal error", { cause: error });
}
