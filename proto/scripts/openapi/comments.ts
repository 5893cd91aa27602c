import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import { getComments } from "@bufbuild/protoplugin";

/** The comment above a part of a contract: one line a paragraph or list item. Undefined where there is none. */
export function commentOf(desc: Exclude<AnyDesc, DescFile>): string | undefined {
  const paragraphs = (getComments(desc).leading ?? "").split(/\n[ \t]*\n/).map(unwrap);
  return paragraphs.filter((text) => text !== "").join("\n\n") || undefined;
}

/** Undoes the wrapping of lines; items of a list keep theirs. */
function unwrap(paragraph: string): string {
  const lines = paragraph.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .join("\n")
    .replace(/\n(?!- )/g, " ");
}

/** A text cut after its first sentence. */
export function splitSummary(text: string): { summary: string; rest: string } {
  const [summary = text] = /^.*?[.!?](?=\s|$)/s.exec(text) ?? [];
  return { summary, rest: text.slice(summary.length).trim() };
}
