import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { Coding } from "../../http/accept-encoding.ts";
import { isCompressible } from "../../http/compressible.ts";
import { type Compress, createBodies, createCompress } from "./bodies.ts";

const TEXT = "a line that comes again\n".repeat(200);

function fileWith(content: string | undefined, type = "text/plain") {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-files-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const source = path.join(dir, "file");
  if (content !== undefined) writeFileSync(source, content);
  return { source, type, cacheControl: "no-cache" };
}

/** Compresses for real, and notes what was asked of it. */
function noting() {
  const asked: Coding[] = [];
  const compress = createCompress();
  const noted: Compress = (coding, bytes) => {
    asked.push(coding);
    return compress(coding, bytes);
  };
  return { asked, noted };
}

test("a file is read once and compressed once by each coding, whoever asks meanwhile", async () => {
  const { asked, noted } = noting();
  const file = fileWith(TEXT);
  const bodyFor = createBodies(file, noted);
  const first = await Promise.all([bodyFor(["br", "gzip"]), bodyFor(["br"]), bodyFor([])]);
  // Nobody reads it again.
  rmSync(file.source);
  const later = await Promise.all([bodyFor(["br"]), bodyFor(["gzip", "br"]), bodyFor([])]);
  expect(asked).toEqual(["br", "gzip"]);
  expect(later[0]).toBe(first[0]);
  expect(later[2]).toBe(first[2]);
  expect(first.map(({ coding }) => coding)).toEqual(["br", "br", undefined]);
  expect(brotliDecompressSync(later[0].bytes).toString()).toBe(TEXT);
  expect(gunzipSync(later[1].bytes).toString()).toBe(TEXT);
  expect(Buffer.from(later[2].bytes).toString()).toBe(TEXT);
});

test("what is kept of a compressed file is as long as it is", async () => {
  const { bytes } = await createBodies(fileWith(TEXT), createCompress())(["gzip"]);
  expect(bytes.buffer.byteLength).toBe(bytes.length);
});

test("a file that a build has compressed is sent so, by the codings that the build has chosen", async () => {
  const { asked, noted } = noting();
  const file = { ...fileWith(TEXT), compressed: { gzip: fileWith("as built").source } };
  const bodyFor = createBodies(file, noted);
  const { coding, bytes } = await bodyFor(["br", "gzip"]);
  expect([coding, Buffer.from(bytes).toString()]).toEqual(["gzip", "as built"]);
  expect((await bodyFor(["br"])).coding).toBe(undefined);
  expect(asked).toEqual([]);
});

test("each coding has a tag of its own, and another content another one", async () => {
  const tags = new Set<string>();
  for (const content of [TEXT, `${TEXT}.`]) {
    const bodyFor = createBodies(fileWith(content), createCompress());
    for (const accepted of [[], ["br"], ["gzip"]] as const) {
      tags.add((await bodyFor(accepted)).etag);
    }
  }
  expect(tags.size).toBe(6);
  for (const tag of tags) expect(tag).toMatch(/^"[\w-]{22}"$/);
});

test("a coding that makes a file no smaller is not used, and not tried again", async () => {
  const { asked, noted } = noting();
  const bodyFor = createBodies(fileWith("ok"), noted);
  for (let times = 0; times < 2; times += 1) {
    const { coding, bytes } = await bodyFor(["br", "gzip"]);
    expect([coding, Buffer.from(bytes).toString()]).toEqual([undefined, "ok"]);
  }
  expect(asked).toEqual(["br", "gzip"]);
});

test("a file that cannot be read fails those who ask, until it can", async () => {
  const file = fileWith(undefined);
  const bodyFor = createBodies(file, createCompress());
  await expect(bodyFor(["br"])).rejects.toMatchObject({ code: "ENOENT" });
  await expect(bodyFor([])).rejects.toMatchObject({ code: "ENOENT" });
  writeFileSync(file.source, TEXT);
  expect((await bodyFor(["br"])).coding).toBe("br");
  expect((await bodyFor([])).bytes.length).toBe(TEXT.length);
});

test("one file is compressed at a time, and one that fails does not stop the next", async () => {
  const begun = { br: Promise.withResolvers<void>(), gzip: Promise.withResolvers<void>() };
  const first = Promise.withResolvers<Uint8Array>();
  let running = 0;
  const compress = createCompress({
    async br() {
      running += 1;
      begun.br.resolve();
      return await first.promise.finally(() => {
        running -= 1;
      });
    },
    async gzip(bytes) {
      running += 1;
      begun.gzip.resolve();
      return bytes;
    },
  });
  const failing = compress("br", new Uint8Array(1));
  const next = compress("gzip", new Uint8Array(2));
  await begun.br.promise;
  // Whatever could have begun in this turn has begun.
  await new Promise(setImmediate);
  expect(running).toBe(1);
  first.reject(new Error("out of memory"));
  await expect(failing).rejects.toThrow("out of memory");
  await begun.gzip.promise;
  expect(running).toBe(1);
  expect((await next).length).toBe(2);
});

test.each([
  ["image/svg+xml", true],
  ["application/json", true],
  ["application/openapi+json", true],
  ["text/html; charset=utf-8", true],
  ["text/javascript", true],
  ["image/png", false],
  ["font/woff2", false],
  ["application/octet-stream", false],
  ["application/jsonx", false],
])("%s is compressible: %s", async (type, expected) => {
  const file = fileWith(TEXT, type);
  expect(isCompressible(file.type)).toBe(expected);
  const { coding } = await createBodies(file, createCompress())(["gzip"]);
  expect(coding).toBe(expected ? "gzip" : undefined);
});
