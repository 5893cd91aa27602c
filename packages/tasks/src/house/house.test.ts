import { expect, test } from "vitest";
import { brokenLinks } from "./broken-links.ts";
import { importCircles } from "./import-circles.ts";
import { importOrder } from "./import-order.ts";
import { oddWords } from "./odd-words.ts";
import type { Source } from "./sources.ts";
import { undocumentedExports } from "./undocumented-exports.ts";

const file = (path: string, ...lines: string[]): Source => ({ path, text: lines.join("\n") });
const imports = (path: string, ...targets: string[]): Source =>
  file(path, ...targets.map((target) => `import { x } from "${target}";`));

test("two files that import each other are a circle, also when only types are imported", () => {
  const circles = importCircles([
    file("a/src/one.ts", 'import type { Two } from "./two.ts";'),
    imports("a/src/two.ts", "./one.ts"),
  ]);
  expect(circles).toHaveLength(1);
  expect(circles[0]).toContain("one.ts -> two.ts -> one.ts");
});

test("two folders whose files import across are a circle, although no file is in one", () => {
  const circles = importCircles([
    imports("a/src/http/reply.ts", "../rest/problem.ts"),
    imports("a/src/rest/front.ts", "../http/server.ts"),
  ]);
  expect(circles).toEqual([expect.stringContaining("a/src: http -> rest -> http")]);
});

test("an import of several lines counts, and a way down is no circle", () => {
  const down = [
    file("a/src/top.ts", "import {", "  one,", "  two,", '} from "./low/one.ts";'),
    imports("a/src/low/one.ts", "./two.ts"),
  ];
  expect(importCircles(down)).toEqual([]);
  expect(importCircles([...down, imports("a/src/low/two.ts", "../top.ts")])).toHaveLength(1);
});

test("an import that runs back up in the gateway is named, though there is no circle", () => {
  const up = imports("gateway/src/rate/rate-limiter.ts", "../http/problem.ts");
  const down = imports("gateway/src/http/read-body.ts", "../transcode/query.ts");
  expect(importOrder([up, down])).toEqual([
    "gateway/src/rate/rate-limiter.ts imports gateway/src/http/problem.ts, which is above it",
  ]);
  const unknown = imports("gateway/src/cellar/x.ts", "../rate/rate-limiter.ts");
  expect(importOrder([unknown])).toHaveLength(1);
});

test("an import for its effects and a dynamic one count", () => {
  const circle = [
    file("a/src/one.ts", 'import "./two.ts";'),
    file("a/src/two.ts", 'const one = await import("./one.ts");'),
  ];
  expect(importCircles(circle)).toHaveLength(1);
});

test("tests and their helpers may import what they like", () => {
  const sources = [
    imports("a/src/one.ts", "./two.ts"),
    imports("a/src/two.test.ts", "./one.ts"),
    imports("a/src/testing/two.ts", "../one.ts"),
    imports("a/src/two.ts", "./testing/two.ts"),
  ];
  expect(importCircles(sources)).toEqual([]);
});

test("an export without a doc comment is named with its line", () => {
  const source = file("a/src/x.ts", "/** Does. */", "export function x() {}", "export class Y {}");
  expect(undocumentedExports([source])).toEqual(["a/src/x.ts:3: Y has no doc comment"]);
});

test("odd words are found in docs, comments and sentences, with what to say instead", () => {
  const odd = file("docs/x.md", "fine", "The dataset in force.");
  expect(oddWords([odd])).toEqual([
    expect.stringMatching(/^docs\/x\.md:2: "in force"; say: serving/),
  ]);
});

test.each([
  { why: "a file beside it", line: "[x](other.md)" },
  { why: "a heading of another document", line: "[x](other.md#two-words-api_key)" },
  { why: "the second heading of a name", line: "[x](other.md#same-1)" },
  { why: "a heading of its own", line: "[`x.y`](#here)" },
  { why: "another site", line: "[x](https://example.org/#a)" },
  { why: "a file by the end of its path", line: "see `src/one.ts`" },
])("a link to $why leads somewhere", ({ line }) => {
  expect(linksOf(line)).toEqual([]);
});

test.each([
  { why: "a file is missing", line: "[x](none.md)", problem: "the link to none.md leads nowhere" },
  {
    why: "a heading is missing",
    line: "[x](other.md#none)",
    problem: "the link to other.md#none leads nowhere",
  },
  { why: "prose names one", line: "see `src/none.ts`", problem: "there is no file src/none.ts" },
  { why: "prose names one by its name", line: "`none.ts`", problem: "there is no file none.ts" },
])("told where $why", ({ line, problem }) => {
  expect(linksOf(line)).toEqual([`docs/x.md:2: ${problem}`]);
});

function linksOf(line: string): string[] {
  const sources = [
    file("docs/x.md", "# Here", line, "```", "[x](none.md)", "```"),
    file("docs/other.md", "## Two words: `api_key`!", "# Same", "# Same"),
    file("packages/a/src/one.ts"),
  ];
  return brokenLinks(sources, (name) => sources.some(({ path }) => path === name));
}
