import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sourcesOf, TEST_TIME } from "../../testing/locate.ts";
import { writeMmdb } from "../../testing/mmdb-writer.ts";
import { RECORDS } from "../../testing/records.ts";
import { makeReport } from "../data-report.ts";
import { percent } from "./numbers.ts";
import { reportPage } from "./page.ts";

const SITE_CSS = new URL("../../../../../packages/pages/site/site.css", import.meta.url);
const REPORT_CSS = new URL("report.css", import.meta.url);

const { layers, ...rest } = sourcesOf({
  "a<b>&'.mmdb": writeMmdb({ "1.0.0.0/8": RECORDS.city, "2a00::/16": RECORDS.city }),
});
const refused = [{ name: "c.mmdb", reason: "<script>alert(1)</script>" }];
const wallMs = TEST_TIME.getTime();
const page = reportPage(
  makeReport({ sources: { layers, ...rest }, refused, lists: [], beside: layers[0], wallMs }),
);

test("the page needs no other file, runs nothing, and its policy says so", () => {
  expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"');
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\s(?:src|href|style|on\w+)=|url\(|@import/i);
});

test("names and reasons are escaped", () => {
  expect(page).toContain("a&lt;b&gt;&amp;&#39;.mmdb");
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("it has a map and the sections of the report", () => {
  expect(page).toMatch(/<path class="shade-6" d="M\d+ \d+h1v1h-1z"\/>/);
  const sections = [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
  expect(sections).toEqual(["map", "coverage", "countries", "datasets", "flags", "beside"]);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test("colours and fonts are those of the gateway's pages", () => {
  const tokens = (file: URL) =>
    new Map(
      [...readFileSync(file, "utf8").matchAll(/^ {2}(--[\w-]+): (.+);$/gm)].map(
        ([, name, value]): [string, string] => [`${name}`, `${value}`],
      ),
    );
  const own = tokens(REPORT_CSS);
  const site = tokens(SITE_CSS);
  expect(site.size).toBeGreaterThan(8);
  for (const [name, value] of site) expect([name, own.get(name)]).toEqual([name, value]);
});

test("only all is 100%, and only nothing is 0%", () => {
  const shares = [percent(0, 10), percent(10, 10), percent(1, 1e6), percent(999_999, 1e6)];
  expect([...shares, percent(1, 3), percent(0, 0)]).toEqual([
    ...["0%", "100%", "<0.1%", ">99.9%", "33.3%"],
    "–",
  ]);
});
