/** A line of an operator's file is invalid; the message has its number. */
export class LineError extends Error {
  override readonly name = "LineError";

  readonly number: number;
  /** Follows "line 7". */
  readonly problem: string;
  /** Of the file, where there are several. */
  readonly path: string | undefined;

  constructor(number: number, problem: string, path?: string) {
    super(`${path === undefined ? "" : `${path}: `}line ${number} ${problem}`);
    this.number = number;
    this.problem = problem;
    this.path = path;
  }

  /** The same error with the path of the file. */
  in(path: string): LineError {
    return new LineError(this.number, this.problem, path);
  }
}

/** The lines of a text that are neither blank nor comments (`#`), without white space around them, and their numbers. */
export function contentLines(text: string): { number: number; content: string }[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, content: line.trim() }))
    .filter(({ content }) => content !== "" && !content.startsWith("#"));
}
