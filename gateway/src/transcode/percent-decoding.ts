import { AppError } from "@geomesh/runtime/errors";

/** Text of a path or query without its percent-encoding. Errors: invalid_argument, naming the field, for what is not UTF-8. */
export function decodePercent(text: string, field: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const description = "is not well percent-encoded";
    throw new AppError("INVALID_ARGUMENT", {
      message: `${field} ${description}`,
      fields: [{ field, description }],
      cause,
    });
  }
}
