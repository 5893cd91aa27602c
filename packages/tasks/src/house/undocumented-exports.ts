import { isProduction, type Source } from "./sources.ts";

const EXPORT =
  /^export (?:default )?(?:async |abstract |declare )?(?:function\*?|class|interface|type|const|enum) (\w+)/;

/** The exports of production code that no doc comment explains, as `path:line: name`. */
export function undocumentedExports(sources: readonly Source[]): string[] {
  return exportsOf(sources)
    .filter(({ isDocumented }) => !isDocumented)
    .map(({ where, name }) => `${where}: ${name} has no doc comment`);
}

/** How many exports of production code there are, and how many a doc comment explains. */
export function countExports(sources: readonly Source[]): { all: number; documented: number } {
  const found = exportsOf(sources);
  return { all: found.length, documented: found.filter((each) => each.isDocumented).length };
}

interface Export {
  readonly where: string;
  readonly name: string;
  readonly isDocumented: boolean;
}

function exportsOf(sources: readonly Source[]): Export[] {
  return sources.filter(isProduction).flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, at) => {
      const [, name] = EXPORT.exec(line) ?? [];
      if (name === undefined) return [];
      const isDocumented = lines[at - 1]?.endsWith("*/") ?? false;
      return [{ where: `${path}:${at + 1}`, name, isDocumented }];
    });
  });
}
