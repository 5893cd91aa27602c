import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type CodeBlock, codeBlocks } from "./markdown.ts";
import { shapeProblems } from "./shape.ts";
import type { Ran, ShellAnswer, ShellSession } from "./shell.ts";

/** What a reader may expect of one `sh` block. */
export interface Expectation {
  /** The heading that the block stands under. */
  readonly section: string;
  /** HTTP statuses of its `curl`s, in order; none by default. Only where one is an error may a `curl` fail. */
  readonly statuses?: readonly number[];
  /** Why the block is not run here; then nothing else is expected. */
  readonly notRun?: string;
  /** Waits for what the text between this block and the one before it tells to wait for. */
  readonly before?: () => Promise<void>;
  /** How long the block may take, with `before` and `check`; 20 s by default. */
  readonly timeoutMs?: number;
  /** What the block shows besides its statuses and the examples below it. */
  readonly check?: (ran: Ran) => void | Promise<void>;
}

export interface GuideOptions {
  /** From the root of the repository. */
  readonly file: string;
  /** One for each `sh` block, in order: a block without one fails. */
  readonly expectations: readonly Expectation[];
  /** The shell that all blocks run in. */
  readonly session: () => ShellSession;
  /** Points a block at the mesh of the test. */
  readonly rewrite?: (code: string) => string;
}

interface Step {
  readonly block: CodeBlock;
  /** Blocks of `json` and `http` up to the next step: what its last `curl` answers. */
  readonly examples: readonly CodeBlock[];
}

/** Tests that every `sh` block of a guide runs, in order, and answers what the guide says. */
export function testGuide({ file, expectations, session, rewrite = (code) => code }: GuideOptions) {
  const steps = stepsOf(readGuide(file));
  describe(file, () => {
    test("has one expectation for each block, in its section", () => {
      const sections = expectations.map(({ section }) => section);
      expect(steps.map(({ block }) => block.section)).toEqual(sections);
    });
    for (const [index, { block, examples }] of steps.entries()) {
      const expected = expectations[index] ?? { section: "" };
      const { statuses = [], notRun, timeoutMs = 20_000, before, check } = expected;
      if (notRun !== undefined) continue;
      test(`line ${block.line}: ${block.section}`, { timeout: timeoutMs }, async () => {
        await before?.();
        const failing = statuses.some((status) => status >= 400);
        const ran = await session().run(rewrite(block.code), { failing });
        expect(ran.answers.map(({ status }) => status)).toEqual(statuses);
        for (const example of examples) expectExample(example, ran.answers.at(-1));
        await check?.(ran);
      });
    }
  });
}

/** The text of a document, by its path from the root of the repository. */
export function readGuide(file: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
}

function stepsOf(markdown: string): Step[] {
  const steps: { block: CodeBlock; examples: CodeBlock[] }[] = [];
  for (const block of codeBlocks(markdown)) {
    if (block.language === "sh") steps.push({ block, examples: [] });
    if (block.language !== "json" && block.language !== "http") continue;
    const step = steps.at(-1);
    if (step?.block.section !== block.section) {
      throw new Error(`the example at line ${block.line} follows no sh block of its section`);
    }
    step.examples.push(block);
  }
  return steps;
}

function expectExample({ language, code, line }: CodeBlock, answer: ShellAnswer | undefined) {
  if (answer === undefined) throw new Error(`the example at line ${line} follows no curl`);
  if (language === "json") {
    return expect(shapeProblems(JSON.parse(code), answer.json), `line ${line}`).toEqual([]);
  }
  for (const field of code.trimEnd().split("\n")) {
    const [name = "", value = ""] = field.split(/: (.*)/);
    const answered = answer.headers.get(name) ?? "";
    expect(masked(answered), `${name} at line ${line}`).toBe(masked(value));
  }
}

/** A field without its numbers, which differ from one answer to the next. */
function masked(value: string): string {
  return value.replace(/\d+/g, "0");
}
