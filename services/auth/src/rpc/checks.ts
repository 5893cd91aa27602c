import { AppError, type FieldProblem } from "@geomesh/runtime/errors";

// What buf.validate does not say in the contract: the database takes no NUL, people want no line
// breaks in names, and a Timestamp ends with the year 9999.
const CONTROL_CHARACTER = /\p{Cc}/u;
const TIME_MS_MIN = Date.parse("0001-01-01T00:00:00Z");
const TIME_MS_MAX = Date.parse("9999-12-31T23:59:59.999Z");

export function textProblems(field: string, text: string | undefined): FieldProblem[] {
  if (text === undefined || !CONTROL_CHARACTER.test(text)) return [];
  return [{ field, description: "must not hold control characters", reason: "text.control" }];
}

export function timeProblems(field: string, time: Date | undefined): FieldProblem[] {
  const timeMs = time?.getTime() ?? 0;
  if (timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX) return [];
  return [{ field, description: "must be in the years 0001 to 9999", reason: "timestamp.range" }];
}

/** Throws one INVALID_ARGUMENT that lists every problem, if there is any. */
export function refuseIfAny(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const publicMessage = problems.map((it) => `${it.field}: ${it.description}`).join("; ");
  throw new AppError("INVALID_ARGUMENT", { message: publicMessage, fields: problems });
}
