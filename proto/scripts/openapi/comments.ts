import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import { getComments } from "@bufbuild/protoplugin";

/** A comment that stands at the field of this name in another message of the file. */
const ELSEWHERE = /^As in (\w+)\./;

/**
 * The comment above a part of a contract: one line a paragraph or list item. Undefined where there is none. That of a field which
 * refers to another message has the words of that message's field instead.
 */
export function commentOf(desc: Exclude<AnyDesc, DescFile>): string | undefined {
  const own = ownComment(desc);
  if (desc.kind !== "field" || own === undefined) return own;
  const [there, name] = ELSEWHERE.exec(own) ?? [];
  const { messages } = desc.parent.file;
  const other = messages
    .find((each) => each !== desc.parent && each.name === name)
    ?.fields.find((each) => each.name === desc.name);
  const text = other && ownComment(other);
  return text === undefined ? own : `${text}${own.slice(there?.length)}`;
}

function ownComment(desc: Exclude<AnyDesc, DescFile>): string | undefined {
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
