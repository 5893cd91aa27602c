import { AppError } from "@geomesh/runtime/errors";

/**
 * An error as the client of a body that stands for a field knows it: `key.name` of the contract is the `name` of the body.
 * Any other error comes back as it is.
 */
export function asInBody(error: unknown, bodyField: string | undefined): unknown {
  if (bodyField === undefined || !(error instanceof AppError)) return error;
  if (!error.fields.some(({ field }) => field.startsWith(`${bodyField}.`))) return error;
  const prefix = new RegExp(String.raw`(?<![\w.])${bodyField}\.(?=[a-z])`, "g");
  const inBody = (text: string) => text.replace(prefix, "");
  const { reason, publicMessage, retryAfterMs, metadata } = error;
  return new AppError(reason, {
    message: inBody(publicMessage),
    fields: error.fields.map((problem) => ({
      ...problem,
      field: inBody(problem.field),
      description: inBody(problem.description),
    })),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    metadata,
    cause: error,
  });
}
