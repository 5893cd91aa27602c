/** A breaking change that is intended. */
export interface AcceptedChange {
  /** The line of the comparison, letter by letter. */
  readonly change: string;
  readonly why: string;
  /** Such as `2026-01-31`. */
  readonly date: string;
}

const KEYS = ["change", "why", "date"] as const;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a file of accepted changes. Errors: Error for one that is no list of them. */
export function parseAccepted(text: string): AcceptedChange[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error("accepted changes must be a list");
  for (const entry of list as unknown[]) {
    if (!isAcceptedChange(entry)) {
      throw new Error(`an accepted change has ${KEYS.join(", ")}, not ${JSON.stringify(entry)}`);
    }
  }
  return list as AcceptedChange[];
}

function isAcceptedChange(entry: unknown): entry is AcceptedChange {
  if (typeof entry !== "object" || entry === null) return false;
  const record = entry as Record<string, unknown>;
  const hasTexts = KEYS.every((key) => typeof record[key] === "string" && record[key] !== "");
  return hasTexts && Object.keys(entry).length === KEYS.length && DATE.test(`${record["date"]}`);
}

/**
 * What is wrong, a line each: changes that are not accepted, and entries that match no change. Entries that the base has
 * too are history: the base includes their changes, so they accept nothing and need not match.
 */
export function unacceptedLines(
  changes: readonly string[],
  accepted: readonly AcceptedChange[],
  ofBase: readonly AcceptedChange[],
): string[] {
  const past = new Set(ofBase.map(keyOf));
  const lines = accepted.filter((entry) => !past.has(keyOf(entry))).map(({ change }) => change);
  const unused = lines.filter((line) => !changes.includes(line));
  return [
    ...changes.filter((line) => !lines.includes(line)),
    ...unused.map((line) => `accepted, but not a change: ${line}`),
  ];
}

function keyOf({ change, date }: AcceptedChange): string {
  return `${date} ${change}`;
}
