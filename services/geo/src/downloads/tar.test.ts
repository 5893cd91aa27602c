import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { paxHeader, tarEntry } from "../testing/tar-writer.ts";
import { fileInTar } from "./tar.ts";

const content = Buffer.from("dataset ".repeat(1000));
const OPTIONS = { extension: ".mmdb", bytesMax: 2_000_000 };
const wrong = Buffer.from("wrong");
const end = Buffer.alloc(1024);

/** What is found in an archive that arrives in pieces of 700 bytes. */
async function found(...entries: Buffer[]): Promise<string> {
  const archive = Buffer.concat([...entries, end]);
  async function* pieces() {
    for (let at = 0; at < archive.length; at += 700) yield archive.subarray(at, at + 700);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileInTar(pieces(), OPTIONS)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const long = `${"d/".repeat(120)}x.mmdb`;

test.each<[string, Buffer[]]>([
  ["a plain entry", [tarEntry("x.mmdb", content)]],
  ["an entry of the seventh edition", [tarEntry("x.mmdb", content, { type: "\0", magic: "" })]],
  ["a name in two parts", [tarEntry("x.mmdb", content, { prefix: "a/b" })]],
  ["a capital suffix", [tarEntry("X.MMDB", content)]],
  ["an extended header before it", [paxHeader({ mtime: "1" }), tarEntry("x.mmdb", content)]],
  ["a name in an extended header", [paxHeader({ path: long }), tarEntry("d/d", content)]],
  [
    "a size in an extended header",
    [paxHeader({ size: String(content.length) }), tarEntry("x.mmdb", content, { size: 0 })],
  ],
  [
    "global records before it",
    [tarEntry("g.mmdb", wrong, { type: "g" }), tarEntry("x.mmdb", content)],
  ],
  [
    "a long name of GNU tar",
    [tarEntry("././@LongLink", Buffer.from(`${long}\0`), { type: "L" }), tarEntry("d/d", content)],
  ],
  [
    "a name in an extended header that is another one's",
    [paxHeader({ path: "a.txt" }), tarEntry("y.mmdb", wrong), tarEntry("x.mmdb", content)],
  ],
  [
    "an AppleDouble file before it",
    [
      tarEntry("./._x.mmdb", wrong),
      tarEntry("__MACOSX/x.mmdb", wrong),
      tarEntry("x.mmdb", content),
    ],
  ],
  [
    "a directory and links before it",
    [
      tarEntry("x.mmdb", Buffer.alloc(0), { type: "5" }),
      tarEntry("h.mmdb", Buffer.alloc(0), { type: "1" }),
      tarEntry("s.mmdb", Buffer.alloc(0), { type: "2" }),
      tarEntry("x.mmdb", content),
    ],
  ],
  [
    "a hard link with content before it",
    [tarEntry("h.mmdb", wrong, { type: "1" }), tarEntry("x.mmdb", content)],
  ],
  ["a path that leads out before it", [tarEntry("../x.mmdb", wrong), tarEntry("x.mmdb", content)]],
])("the file is found in an archive with %s", async (_, entries) => {
  expect(await found(...entries)).toBe(content.toString());
});

test.each<[string, Buffer[], RegExp]>([
  ["no such file", [tarEntry("a.txt", content)], /no .mmdb file/],
  ["nothing but a hard link", [tarEntry("x.mmdb", wrong, { type: "1" })], /no .mmdb file/],
  ["an empty file", [tarEntry("x.mmdb", Buffer.alloc(0))], /no .mmdb file/],
  ["nothing before its end", [end, tarEntry("x.mmdb", content)], /no .mmdb file/],
  [
    "a directory that has more bytes than all may have",
    [tarEntry("d", Buffer.alloc(0), { type: "5", size: 2_000_001 })],
    /unpacks to more than 2000000 bytes/,
  ],
  [
    "hidden files that have more bytes than all may have",
    Array.from({ length: 100 }, () => tarEntry(".x.mmdb", Buffer.alloc(20_000))),
    /unpacks to more than 2000000 bytes/,
  ],
  ["a file that is cut off", [tarEntry("x.mmdb", content, { size: 90_000 })], /cut off/],
  [
    "a name of a megabyte",
    [tarEntry("L", Buffer.alloc(1 << 20), { type: "L" })],
    /a name of 1048576 bytes/,
  ],
  [
    "an extended header that is none",
    [tarEntry("x", Buffer.from("99 path=x\n"), { type: "x" })],
    /invalid extended header/,
  ],
  [
    "a negative size",
    [paxHeader({ size: "-5" }), tarEntry("x.mmdb", content)],
    /invalid extended header/,
  ],
  [
    "a header whose checksum is wrong",
    [tarEntry("x.mmdb", content).fill("9", 0, 1)],
    /not a tar archive/,
  ],
])("an archive with %s is refused", async (_, entries, reason) => {
  await expect(found(...entries)).rejects.toThrow(reason);
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-tar-"));
});
afterEach(() => rm(directory, { recursive: true }));

test.each(["posix", "gnu", "ustar", "v7"])(
  "an archive that tar makes with --format=%s is read",
  async (format) => {
    const name = format === "v7" || format === "ustar" ? "x.mmdb" : `${"y".repeat(150)}.mmdb`;
    await mkdir(join(directory, "in"));
    await writeFile(join(directory, "in", name), content);
    const archive = join(directory, "x.tar");
    execFileSync("tar", [`--format=${format}`, "-C", directory, "-cf", archive, "in"]);
    expect(await found(await readFile(archive))).toBe(content.toString());
  },
);
