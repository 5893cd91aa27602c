/** A line of an operator's file is wrong; the message names it. */
export class BadLine extends Error {
  override readonly name = "BadLine";

  constructor(number: number, problem: string) {
    super(`line ${number} ${problem}`);
  }
}

/** The lines of a text that are neither blank nor comments (`#`), without the space around them. */
export function contentLines(text: string): { number: number; content: string }[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, content: line.trim() }))
    .filter(({ content }) => content !== "" && !content.startsWith("#"));
}
