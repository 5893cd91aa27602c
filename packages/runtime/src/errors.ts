import { type ErrorKind, publicReason, type Reason, reasonRow } from "@geomesh/terms/reasons";

export type { ErrorKind, Reason } from "@geomesh/terms/reasons";

/** The key in an error's metadata that names the RateLimit policies that were violated, such as `month` or `key,account`. */
export const VIOLATED_POLICY = "violated_policy";

/** One mistake in a request. */
export interface FieldProblem {
  /** A path of snake_case field names. */
  readonly field: string;
  /** Completes a sentence that begins with the field, such as "must be a number". */
  readonly description: string;
  /** The rule of the contract that it breaks, if there is one. */
  readonly reason?: string | undefined;
}

/** What an error may carry besides its reason. */
export interface AppErrorOptions {
  /** May be shown to anyone; default is the sentence of the catalogue. */
  readonly message?: string;
  readonly fields?: readonly FieldProblem[];
  /** Milliseconds after which a retry may succeed. */
  readonly retryAfterMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** For logs; never leaves the process. */
  readonly cause?: unknown;
}

/** The one error of the mesh: a reason of the catalogue (`@geomesh/terms/reasons`), which decides its kind and status. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly reason: Reason;
  /** May be shown to anyone. */
  readonly publicMessage: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: Reason, options: AppErrorOptions = {}) {
    const { message = reasonRow(reason).sentence, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.publicMessage = message;
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.metadata = options.metadata ?? {};
  }

  get kind(): ErrorKind {
    return reasonRow(this.reason).kind;
  }
}

/** Mistakes in the fields of a request as one INVALID_ARGUMENT, whose message has a sentence for each. */
export function invalidArgument(fields: readonly FieldProblem[], cause?: unknown): AppError {
  const sentences = fields.map(({ field, description }) => `${field} ${description}`.trim());
  return new AppError("INVALID_ARGUMENT", { message: sentences.join("; "), fields, cause });
}

/** An AppError as it is; anything else as INTERNAL, with the original as its `cause`. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("INTERNAL", { cause: error });
}

/**
 * The error as clients of the mesh may see it: a reason that reveals internals is replaced by its public one. The message
 * stays where both reasons have the same kind.
 */
export function toPublicError(error: AppError): AppError {
  const shown = publicReason(error.reason);
  if (shown === error.reason) return error;
  if (reasonRow(shown).kind !== error.kind) return new AppError(shown, { cause: error });
  const { publicMessage, fields, retryAfterMs } = error;
  return new AppError(shown, {
    message: publicMessage,
    fields,
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The level at which a failure is logged. Whoever watches the database says once that it is unavailable, so nobody else does. */
export function failureLevel(error: unknown, level: "warn" | "error"): "debug" | "warn" | "error" {
  const isTold = error instanceof AppError && error.reason === "DATABASE_UNAVAILABLE";
  return isTold ? "debug" : level;
}
