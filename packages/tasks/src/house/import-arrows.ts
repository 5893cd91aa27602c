import path from "node:path";
import { isProduction, type Source } from "./sources.ts";

const IMPORT =
  /(?:^|\n)(?:import|export)\s[^;]*?from\s+"(\.{1,2}\/[^"]+)"|\bimport\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** One file imports another; both paths are from the root of the project. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** The relative imports of production code: static, for effects, dynamic, and of types. */
export function arrowsOf(sources: readonly Source[]): Arrow[] {
  return sources.filter(isProduction).flatMap(({ path: from, text }) =>
    Array.from(text.matchAll(IMPORT), ([, target = "", other = ""]) => ({
      from,
      to: path.posix.join(path.posix.dirname(from), target || other),
    })),
  );
}
