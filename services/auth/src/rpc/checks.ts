import { type FieldProblem, invalidArgument } from "@geomesh/runtime/errors";

// What buf.validate does not say in the contract: PostgreSQL stores no NUL, a name has no line
// breaks, and a Timestamp ends with the year 9999. ts-proto gives times before 1970 negative nanoseconds,
// which a Timestamp must not have: the key could be stored, but nobody could read it.
const CONTROL_CHARACTER_PATTERN = /\p{Cc}/u;
/** What leaves something to be seen: no white space, nothing that is drawn as nothing. U+2800 is the blank of Braille. */
const VISIBLE_PATTERN = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const OUTER_SPACE_PATTERN = /^\s|\s$/u;
const EARLIEST_MS = Date.parse("1970-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** The problem of a text with control characters; none where the text is undefined. */
export function textProblems(field: string, text: string | undefined): FieldProblem[] {
  if (text === undefined || !CONTROL_CHARACTER_PATTERN.test(text)) return [];
  return [{ field, description: "must not contain control characters", reason: "text.control" }];
}

/**
 * The problems of a name: those of a text, and that nothing of it can be seen. A name that stays as it was `before` may be such a one,
 * since it was taken before this was refused.
 */
export function nameProblems(field: string, name: string, before?: string): FieldProblem[] {
  const problems = textProblems(field, name);
  if (name === "" || name === before || VISIBLE_PATTERN.test(name)) return problems;
  return [
    ...problems,
    { field, description: "must have a visible character", reason: "text.visible" },
  ];
}

/**
 * The problems of a reference by which accounts are told apart: those of a name, and what would make two that look the same differ: white
 * space around it, and another form than NFC of Unicode. It is refused, and not mended: what a client sends is what it finds again. None
 * where it is undefined.
 */
export function referenceProblems(
  field: string,
  reference: string | undefined,
  before?: string,
): FieldProblem[] {
  if (reference === undefined) return [];
  const problems = nameProblems(field, reference, before);
  if (reference === before) return problems;
  if (OUTER_SPACE_PATTERN.test(reference)) {
    const description = "must not begin or end with white space";
    problems.push({ field, description, reason: "text.outer_space" });
  }
  if (reference !== reference.normalize("NFC")) {
    problems.push({ field, description: "must be in Unicode's form NFC", reason: "text.nfc" });
  }
  return problems;
}

/** The problem of a time that answers cannot hold; none where the time is undefined. */
export function timeProblems(field: string, time: Date | undefined): FieldProblem[] {
  const timeMs = time?.getTime() ?? 0;
  if (timeMs >= EARLIEST_MS && timeMs <= LATEST_MS) return [];
  return [{ field, description: "must be in the years 1970 to 9999", reason: "timestamp.range" }];
}

/** Does nothing where there are no problems. Errors: INVALID_ARGUMENT with all of them. */
export function refuseIfAny(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw invalidArgument(problems);
}

/** The value of a field that the contract requires. Errors: INVALID_ARGUMENT where it is unset. */
export function requireField<T>(field: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw invalidArgument([{ field, description: "is required", reason: "required" }]);
}

/** The problem of an id in a resource that is not the one of its path; none where the resource has no id. */
export function idProblems(field: string, id: string, pathId: string): FieldProblem[] {
  if (id === "" || id === pathId) return [];
  return [{ field, description: "must be the one of the path, or absent", reason: "id.path" }];
}
