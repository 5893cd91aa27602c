import { type Arrow, arrowsOf } from "./import-arrows.ts";
import type { Source } from "./sources.ts";

/**
 * Circles among the files and folders beside each other, at every level of the tree; imports of types count. Where there
 * are none, the rooms of a house have an order. One line a circle.
 */
export function importCircles(sources: readonly Source[]): string[] {
  const arrows = arrowsOf(sources);
  const levels = new Map<string, Map<string, Map<string, Arrow>>>();
  for (const arrow of arrows) addToLevel(levels, arrow);
  return [...levels].flatMap(([folder, graph]) => circleOf(folder, graph));
}

/** An arrow ties two neighbours in the deepest folder that holds both of its ends. */
function addToLevel(levels: Map<string, Map<string, Map<string, Arrow>>>, arrow: Arrow): void {
  const [from, to] = [arrow.from.split("/"), arrow.to.split("/")];
  const depth = from.findIndex((part, at) => part !== to[at]);
  if (depth < 0) return;
  const folder = from.slice(0, depth).join("/");
  const [tail = "", head = ""] = [from[depth], to[depth]];
  const graph = levels.get(folder) ?? new Map<string, Map<string, Arrow>>();
  const heads = graph.get(tail) ?? new Map<string, Arrow>();
  if (!heads.has(head)) heads.set(head, arrow);
  levels.set(folder, graph.set(tail, heads));
}

/** One circle of the graph, if it has any: every circle ends in nodes that never run out of arrows. */
function circleOf(
  folder: string,
  graph: ReadonlyMap<string, ReadonlyMap<string, Arrow>>,
): string[] {
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(node);
    if (at >= 0) return [...trail.slice(at), node];
    if (done.has(node)) return undefined;
    for (const head of graph.get(node)?.keys() ?? []) {
      const circle = walk(head, [...trail, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = walk(node, []);
    if (circle !== undefined) return [describe(folder, circle, graph)];
  }
  return [];
}

function describe(
  folder: string,
  circle: readonly string[],
  graph: ReadonlyMap<string, ReadonlyMap<string, Arrow>>,
): string {
  const steps = circle.slice(1).map((head, at) => {
    const arrow = graph.get(circle[at] ?? "")?.get(head);
    return `${arrow?.from} imports ${arrow?.to}`;
  });
  return `${folder || "."}: ${circle.join(" -> ")} (${steps.join("; ")})`;
}
