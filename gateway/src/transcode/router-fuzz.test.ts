import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPath, parsePathTemplate } from "./path-template.ts";
import { Router } from "./router.ts";
import { type Outcome, referenceMatch } from "./testing/reference-match.ts";
import {
  type Choose,
  fieldOf,
  METHODS,
  pathOf,
  piecesOf,
  RULES,
  type Rule,
  templateOf,
} from "./testing/rules.ts";
import { TranscodeError } from "./transcode-error.ts";

const SEED = 20_261_129;
const CHOICES: fc.Arbitrary<Choose> = fc
  .array(fc.nat(1_000), { minLength: 7, maxLength: 40 })
  .map((numbers) => {
    let at = 0;
    return () => numbers[at++ % numbers.length] ?? 0;
  });

/** Adds rules, of those with the same shape and method only the first. */
function routerOf(all: readonly Rule[], choose: Choose): { router: Router<Rule>; rules: Rule[] } {
  const router = new Router<Rule>(() => "rule");
  const byShape = new Map<string, Rule>();
  for (const rule of all) {
    const shape = JSON.stringify([rule.method, piecesOf(rule), rule.verb]);
    const template = templateOf(rule, choose);
    const add = () => router.add(rule.method, template, rule);
    if (byShape.has(shape)) expect(add).toThrow("rule answers");
    else byShape.set(shape, rule);
    if (byShape.get(shape) === rule) add();
  }
  return { router, rules: [...byShape.values()] };
}

function matchOf(router: Router<Rule>, method: string, path: string): Outcome {
  try {
    return router.match(method, path);
  } catch (error) {
    expect(error).toBeInstanceOf(TranscodeError);
    return "malformed";
  }
}

const sorted = (outcome: Outcome) =>
  outcome instanceof Object && "methods" in outcome ? outcome.methods.toSorted() : outcome;

const kindOf = (outcome: Outcome) =>
  outcome instanceof Object ? Object.keys(outcome).join() : `${outcome}`;

test("a router finds what regular expressions find, and refuses a second rule of the same shape", () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(RULES, { minLength: 1, maxLength: 8 }), CHOICES, (all, choose) => {
      const { router, rules } = routerOf(all, choose);
      for (const rule of rules) {
        const path = pathOf(rule, choose);
        const method = choose() % 4 ? rule.method : (METHODS[choose() % METHODS.length] ?? "");
        const expected = referenceMatch(rules, method, path);
        const found = matchOf(router, method, path);
        expect([method, path, sorted(found)]).toEqual([method, path, sorted(expected)]);
        kinds.set(kindOf(expected), (kinds.get(kindOf(expected)) ?? 0) + 1);
      }
    }),
    { seed: SEED, numRuns: 400 },
  );
  expect([...kinds.keys()].sort()).toEqual([
    "malformed",
    "methods",
    "target,variables",
    "undefined",
  ]);
  for (const count of kinds.values()) expect(count).toBeGreaterThan(20);
});

/** Values that fit the variables of a rule. Several segments cannot have a slash in a literal: it stays encoded in the value. */
function valuesOf({ groups }: Rule, texts: readonly string[]): Record<string, string> {
  let next = 0;
  const text = () => texts[next++ % texts.length] ?? "";
  const values = groups.map(({ pieces }, at) => {
    const parts = pieces.flatMap((piece) => {
      if (piece === "**") return Array.from({ length: next % 3 }, text);
      return [piece === "*" ? text() : piece.literal];
    });
    return [fieldOf(at), parts.join("/")];
  });
  return Object.fromEntries(values);
}

test("a path that is filled with values gives them back", () => {
  const fillable = RULES.map((rule) => ({
    ...rule,
    groups: rule.groups.map((group) => ({ ...group, isVariable: true })),
  })).filter((rule) =>
    piecesOf(rule).every((piece) => typeof piece === "string" || !piece.literal.includes("/")),
  );
  const texts = fc
    .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("%", "%2F", ":v", "*", "..", "\u0000"))
    .map((text) => text.replaceAll("/", "") || "x");
  fc.assert(
    fc.property(fillable, fc.array(texts, { minLength: 1 }), CHOICES, (rule, all, choose) => {
      const template = templateOf(rule, choose);
      const router = new Router<string>();
      router.add("GET", template, "found");
      const values = valuesOf(rule, all);
      const path = expandPath(parsePathTemplate(template), (field) => values[field] ?? "");
      expect(path).toMatch(/^[\w.~%/:-]*$/);
      expect(router.match("GET", path)).toEqual({ target: "found", variables: values });
    }),
    { seed: SEED, numRuns: 500 },
  );
});
