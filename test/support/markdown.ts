/** A fenced block of a document. */
export interface CodeBlock {
  /** What follows the fence; empty where nothing does. */
  readonly language: string;
  readonly code: string;
  /** The heading above it, without its marks. */
  readonly section: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

const FENCE = /^```(\w*)$/;
const HEADING = /^#+ (.*)$/;

/** The fenced blocks of a document in order. Errors: one that names the line of a fence that is not closed. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split("\n");
  let section = "";
  for (let at = 0; at < lines.length; at += 1) {
    section = HEADING.exec(lines[at] ?? "")?.[1] ?? section;
    const language = FENCE.exec(lines[at] ?? "")?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`the code block at line ${at + 1} is not closed`);
    const code = `${lines.slice(at + 1, end).join("\n")}\n`;
    blocks.push({ language, code, section, line: at + 1 });
    at = end;
  }
  return blocks;
}

/** The cells of the rows of the first table below a heading, without its head and rule. */
export function tableRows(markdown: string, heading: string): string[][] {
  const lines = markdown.split("\n");
  const below = lines.slice(lines.findIndex((line) => HEADING.exec(line)?.[1] === heading) + 1);
  const table = below.slice(below.findIndex((line) => line.startsWith("|")));
  const end = table.findIndex((line) => !line.startsWith("|"));
  return table.slice(2, end).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What is marked as code in a piece of Markdown. */
export function codesIn(markdown: string): string[] {
  return Array.from(markdown.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);
}
