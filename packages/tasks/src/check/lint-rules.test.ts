import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** Texts as the content of a file in a folder of the sources, and what the linter must say of each. */
const REFUSED = [
  ["rate", "export const f = () => Date.now();\n", "Read the time from the Clock"],
  ["rate", "const retryMs = 500;\nexport const f = () => retryMs;\n", "SCREAMING_SNAKE_CASE"],
  ["rate", "export type Shape = { readonly a: string };\n", "Use of the type detected"],
  ["rate", 'export * from "../../../services/auth/src/main.ts";\n', "only by its contract"],
  ["rate", 'export * from "../testing/raw-http.ts";\n', "Production code cannot use"],
  ["rate", 'export const f = () => console.log("x");\n', "console"],
  ["transcode", 'export * from "../../http/exchange.ts";\n', "knows nothing of the gateway"],
] as const;
const ACCEPTED =
  "const RETRY_MS = 500;\n\n/** Waits. */\nexport function f() {\n  return RETRY_MS;\n}\n";

interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

const dirs = new Map<string, string>();
let diagnostics: Diagnostic[] = [];

/** One run for all: the linter reads the whole project first. */
beforeAll(() => {
  for (const folder of ["rate", "transcode"]) {
    dirs.set(folder, mkdtempSync(path.join(root, "gateway/src", folder, "lint-probe-")));
  }
  REFUSED.forEach(([folder, text], at) => {
    writeFileSync(path.join(dirs.get(folder) ?? "", `refused-${at}.ts`), text);
  });
  writeFileSync(path.join(dirs.get("rate") ?? "", "accepted.ts"), ACCEPTED);
  const argv = ["lint", "--reporter=json", ...dirs.values()];
  const { stdout } = spawnSync("biome", argv, { cwd: root, encoding: "utf8" });
  diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});
afterAll(() => {
  for (const dir of dirs.values()) rmSync(dir, { recursive: true });
});

const saidOf = (file: string) =>
  diagnostics.filter(({ location }) => path.basename(location.path) === file);

test.each(REFUSED.map((row, at) => [...row, at] as const))(
  "in gateway/src/%s the linter refuses %s",
  (_folder, _text, why, at) => {
    const found = saidOf(`refused-${at}.ts`).find(({ message }) => message.includes(why));
    expect(found).toMatchObject({ severity: "error" });
  },
);

test("the linter accepts what its rules ask for", () => {
  expect(saidOf("accepted.ts")).toEqual([]);
});
