import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readListSources } from "./list-sources.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-sources-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(...lines: (string | object)[]) {
  const path = join(directory, "sources");
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  await writeFile(path, texts.join("\n"));
  return readListSources(path);
}

const url = "https://a.example/list";

test("a line of each format is a source; blank lines and comments are none", async () => {
  const sources = await read(
    "# exits",
    { file: "tor/exits", url, every_hours: 1 },
    "",
    { file: "relay/apple.csv", url, csv_column: 1 },
    { file: "hosting/b", url, csv_column: "prefix" },
    { file: "hosting/a", url, json_paths: ["prefixes[].ip_prefix", "x"] },
  );
  expect(sources).toEqual([
    { file: "tor/exits", url, everyHours: 1, format: { kind: "lines" } },
    { file: "relay/apple.csv", url, everyHours: 24, format: { kind: "csv", column: 1 } },
    { file: "hosting/b", url, everyHours: 24, format: { kind: "csv", column: "prefix" } },
    {
      file: "hosting/a",
      url,
      everyHours: 24,
      format: {
        kind: "json",
        paths: [
          [
            { name: "prefixes", isEach: true },
            { name: "ip_prefix", isEach: false },
          ],
          [{ name: "x", isEach: false }],
        ],
      },
    },
  ]);
});

test.each<[why: string, line: string | object, problem: RegExp]>([
  ["no JSON", "tor https://a.example", /is not a JSON object/],
  ["a misspelt member", { file: "tor/a", url, hours: 1 }, /unknown member "hours"/],
  ["a file below no flag", { file: "spam/a", url }, /needs a `file`/],
  ["a file that leads out", { file: "tor/../../x", url }, /needs a `file`/],
  ["a hidden file", { file: "tor/.a", url }, /needs a `file`/],
  ["no URL", { file: "tor/a" }, /needs a `url`/],
  ["another scheme", { file: "tor/a", url: "file:///etc/passwd" }, /needs a `url`/],
  ["no time", { file: "tor/a", url, every_hours: 0 }, /from 1 to 720/],
  ["two formats", { file: "tor/a", url, csv_column: 1, json_paths: ["a"] }, /`csv_column` and/],
  ["a column 0", { file: "tor/a", url, csv_column: 0 }, /neither a number from 1/],
  ["no paths", { file: "tor/a", url, json_paths: [] }, /are not a list of paths/],
  ["a path with a gap", { file: "tor/a", url, json_paths: ["a..b"] }, /are not a list of paths/],
])("a line with %s is refused with its number", async (_, line, problem) => {
  const refused = read({ file: "vpn/ok", url }, line);
  await expect(refused).rejects.toThrow(/line 2 /);
  await expect(refused).rejects.toThrow(problem);
});

test("two lines of one file are refused", async () => {
  const refused = read({ file: "tor/a", url }, { file: "tor/a", url });
  await expect(refused).rejects.toThrow(/line 2 has the file tor\/a of another line/);
});

test("a refused line does not show its URL, which may hold a token", async () => {
  const refused = read({ file: "tor/a", url: "ftp://u:hush@a.example/" });
  await expect(refused).rejects.not.toThrow(/hush/);
});
