import path from "node:path";
import type { Source } from "./sources.ts";

const LINK = /\[(?:[^\]]|\](?!\())*\]\(([^)\s]+)\)/g;
const CODE = /`([^`]+)`/g;
/** A file that prose names: with folders any text file, without them one of code. */
const FILE = /^\w[\w.-]*(?:(?:\/[\w.-]+)+\.(?:ts|mjs|md|proto|sh|ya?ml|json)|\.(?:ts|mjs|proto))$/;

/**
 * Relative links of documents whose file or heading does not exist, and files named in prose that do not exist, as
 * `path:line: what`. A document names a file by its path or the end of it; in one of a workspace, the end of a path is that
 * of a file of its own.
 */
export function brokenLinks(
  sources: readonly Source[],
  exists: (name: string) => boolean,
): string[] {
  const documents = sources.filter(({ path: name }) => name.endsWith(".md"));
  const anchors = new Map(documents.map(({ path: name, text }) => [name, anchorsOf(text)]));
  const files = sources.map(({ path: name }) => `/${name}`);
  const isNamed = (code: string, folder: string) => {
    const within = isWorkspace(folder) && code.includes("/") ? `/${folder}/` : "/";
    return (
      exists(code) || files.some((file) => file.startsWith(within) && file.endsWith(`/${code}`))
    );
  };
  return documents.flatMap(({ path: name, text }) =>
    withoutBlocks(text).flatMap((line, at) => [
      ...Array.from(line.replace(CODE, "").matchAll(LINK), ([, target = ""]) => target)
        .filter((target) => !leadsTo(target, name, anchors, exists))
        .map((target) => `${name}:${at + 1}: the link to ${target} leads nowhere`),
      ...Array.from(line.replace(LINK, "").matchAll(CODE), ([, code = ""]) => code)
        .filter((code) => FILE.test(code) && !isNamed(code, path.posix.dirname(name)))
        .map((code) => `${name}:${at + 1}: there is no file ${code}`),
    ]),
  );
}

function leadsTo(
  target: string,
  from: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
  exists: (name: string) => boolean,
): boolean {
  if (/^[a-z]+:/.test(target)) return true;
  const [file = "", anchor] = target.split("#");
  const name = file === "" ? from : path.posix.join(path.posix.dirname(from), file);
  return exists(name) && (anchor === undefined || (anchors.get(name)?.has(anchor) ?? false));
}

function isWorkspace(folder: string): boolean {
  return /^(?:gateway|proto|test|(?:packages|services)\/[\w-]+)$/.test(folder);
}

/** The lines of a document, those of fenced blocks empty. */
function withoutBlocks(text: string): string[] {
  let isFenced = false;
  return text.split("\n").map((line) => {
    const isFence = line.startsWith("```");
    if (isFence) isFenced = !isFenced;
    return isFenced || isFence ? "" : line;
  });
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of withoutBlocks(text)) {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let unique = anchor;
    for (let again = 1; anchors.has(unique); again += 1) unique = `${anchor}-${again}`;
    anchors.add(unique);
  }
  return anchors;
}
