import { importCircles } from "./import-circles.ts";
import { isProduction, type Source } from "./sources.ts";
import { countExports } from "./undocumented-exports.ts";

/** Figures of the sources as a table: files, their lengths, documented exports by workspace, circles. */
export function report(sources: readonly Source[]): string {
  const production = sources.filter(isProduction);
  const workspaces = Map.groupBy(production, ({ path }) => workspaceOf(path));
  const rows = [...workspaces].sort().map(([name, files]) => row(name, files));
  const circles = importCircles(sources).length;
  return [...rows, row("all", production), `circles of files or folders: ${circles}`].join("\n");
}

function row(name: string, files: readonly Source[]): string {
  const lengths = files.map(({ text }) => text.split("\n").length - 1).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const { all, documented } = countExports(files);
  const share = all === 0 ? 100 : Math.round((100 * documented) / all);
  return [
    name.padEnd(20),
    `${files.length} files`.padEnd(11),
    `median ${median}, longest ${lengths.at(-1) ?? 0} lines`.padEnd(32),
    `${documented} of ${all} exports documented (${share} %)`,
  ].join(" ");
}

function workspaceOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "packages" || first === "services" ? `${first}/${second}` : first;
}
