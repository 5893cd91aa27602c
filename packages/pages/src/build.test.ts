import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { buildPages, isBuilt, makeFiles } from "./build.ts";
import { builtFiles, manifestIn } from "./built.ts";
import { readSite } from "./site.ts";

const newDir = () => mkdtempSync(path.join(tmpdir(), "geomesh-pages-"));

/** Quick to build. */
const SMALL = {
  assets: [{ name: "a.css", text: "body { margin: 0 }\n".repeat(50) }],
  pages: [{ path: "/", name: "a.html", text: '<link href="{{a.css}}">' }],
};

async function built() {
  const dir = newDir();
  onTestFinished(() => rmSync(dir, { recursive: true }));
  await buildPages(dir, SMALL);
  return dir;
}

test("each compressed form is smaller, and is the same file", () => {
  for (const { source, compressed, type } of builtFiles()) {
    const plain = readFileSync(source);
    expect(type).toMatch(/^(?:text\/\w+; charset=utf-8|image\/svg\+xml)$/);
    for (const [coding, file] of Object.entries(compressed)) {
      const fewer = readFileSync(file);
      expect(fewer.length).toBeLessThan(plain.length);
      const decode = coding === "br" ? brotliDecompressSync : gunzipSync;
      expect(decode(fewer).equals(plain)).toBe(true);
    }
  }
});

test("what may be kept for ever has the hash of its bytes in its path; pages have plain paths", () => {
  for (const { path: at, isImmutable } of builtFiles()) {
    if (isImmutable) expect(at).toMatch(/^\/assets\/[\w-]+\.[0-9a-f]{12}\.[a-z]+$/);
    else expect(["/", "/docs"]).toContain(at);
  }
  const [asset = { name: "", text: "" }] = readSite().assets;
  const other = { ...asset, text: `${asset.text} ` };
  const pathOf = (one: typeof asset) => makeFiles({ assets: [one], pages: [] })[0]?.path;
  expect(pathOf(other)).not.toBe(pathOf(asset));
});

test("pages hold no script or style of their own, and name nothing by an absolute address", () => {
  for (const { name, text } of makeFiles(readSite()).filter(({ isImmutable }) => !isImmutable)) {
    const references = [...text.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, to]) => to);
    expect(references.length).toBeGreaterThan(5);
    for (const to of references)
      expect([name, to]).toEqual([name, expect.not.stringMatching(/^\/|:/)]);
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  }
});

test("the licences of what others wrote are among the files", () => {
  const licences = builtFiles().find(({ path: at }) => at.includes("licences"));
  const text = readFileSync(`${licences?.source}`, "utf8");
  for (const part of ["Apache License", "swagger-ui", "MIT"]) expect(text).toContain(part);
});

test("a page names its assets by the paths at which they are served", async () => {
  const files = builtFiles(await built());
  const [asset, page] = files;
  expect(readFileSync(`${page?.source}`, "utf8")).toBe(`<link href="${asset?.path.slice(1)}">`);
  expect(Object.keys(asset?.compressed ?? {})).toEqual(["br", "gzip"]);
  // It is too short to get any smaller.
  expect(page?.compressed).toEqual({});
});

test("a page that names an asset which is not there is not built", () => {
  const page = { path: "/", name: "a.html", text: '<img src="{{no.svg}}">' };
  expect(() => makeFiles({ assets: [], pages: [page] })).toThrow("a.html names no.svg");
});

test("what is not built says so, and how to build it", () => {
  const empty = newDir();
  onTestFinished(() => rmSync(empty, { recursive: true }));
  expect(isBuilt(empty)).toBe(false);
  expect(() => builtFiles(empty)).toThrow("node packages/pages/src/main.ts");
});

test("a build after others keeps the files of the last one alone", async () => {
  const dir = await built();
  const files = () => readdirSync(dir).sort();
  const now = files();
  const manifest = JSON.parse(readFileSync(manifestIn(dir), "utf8"));
  const old = (name: string) => path.join(dir, `${name}.0123456789ab.css`);
  for (const name of ["last", "older"]) writeFileSync(old(name), "a{}");
  const last = { path: "/last", source: path.basename(old("last")), compressed: {} };
  writeFileSync(
    manifestIn(dir),
    JSON.stringify({ madeFrom: "others", files: [...manifest.files, last] }),
  );
  expect(isBuilt(dir)).toBe(false);
  await buildPages(dir, SMALL);
  expect([existsSync(old("last")), existsSync(old("older"))]).toEqual([true, false]);
  await buildPages(dir, SMALL);
  expect(files()).toEqual(now);
  expect(isBuilt(dir)).toBe(true);
});
