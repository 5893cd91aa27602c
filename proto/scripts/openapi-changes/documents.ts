import type { Document, Operation } from "../openapi/types.ts";
import { type Located, operationChanges, operationsIn } from "./operations.ts";
import { schemaChanges, type Use } from "./schemas.ts";

/**
 * What breaks clients of the base document at a server of the head document, a line each, sorted. Additions break nothing:
 * paths, methods, optional parameters and fields, keys and values of answers.
 */
export function breakingChanges(base: Document, head: Document): string[] {
  const lines = [...pathChanges(base, head), ...componentChanges(base, head)];
  return [...new Set(lines)].sort();
}

function pathChanges(base: Document, head: Document): string[] {
  const now = operationsIn(head);
  const byName = new Map(now.map((located) => [located.name, located]));
  const byId = new Map(now.map((located) => [located.operation.operationId, located]));
  return operationsIn(base).flatMap((was) => {
    const inPlace = byName.get(was.name);
    if (inPlace !== undefined) return operationChanges(was, inPlace);
    const moved = byId.get(was.operation.operationId);
    if (moved === undefined) return [`${was.name}: removed`];
    return [`${was.name}: moved to ${moved.name}`, ...operationChanges(was, moved)];
  });
}

/** A component that only the base has is reported where the base refers to it. */
function componentChanges(base: Document, head: Document): string[] {
  const located = operationsIn(base);
  const changesOf = (use: Use, part: (located: Located) => unknown) =>
    [...componentsIn(located.map(part), base)].flatMap((name) => {
      const [was, is] = [base.components.schemas[name], head.components.schemas[name]];
      return was && is ? schemaChanges(was, is, name, use) : [];
    });
  return [
    ...changesOf("sent", ({ operation }) => requestOf(operation)),
    ...changesOf("received", ({ operation }) => operation.responses),
  ];
}

function requestOf({ parameters, requestBody }: Operation): unknown {
  return [parameters, requestBody];
}

const REFERENCE = /"\$ref":"#\/components\/(\w+)\/([^"]+)"/g;

/** The names of the component schemas that a part of a document refers to, directly or by another component. */
function componentsIn(part: unknown, { components }: Document): ReadonlySet<string> {
  const seen = new Set<string>();
  const names = new Set<string>();
  const texts = [JSON.stringify(part)];
  for (const text of texts) {
    for (const [ref, kind, name = ""] of text.matchAll(REFERENCE)) {
      if (seen.has(ref)) continue;
      seen.add(ref);
      if (kind === "schemas") names.add(name);
      const entries = components[kind as keyof typeof components];
      texts.push(JSON.stringify(entries[name] ?? null));
    }
  }
  return names;
}
