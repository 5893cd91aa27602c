import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Line, LineSplitter, readLines } from "./lines.ts";
import { problemsOf } from "./testing/problems.ts";

type Told = [number: number, text: string];

const LATIN1 = "latin1";
const told = (lines: readonly Line[]): Told[] =>
  lines.map(({ number, bytes }) => [number, bytes.toString(LATIN1)]);

function split(chunks: readonly Buffer[], lineBytesMax?: number): Told[] {
  const splitter = new LineSplitter(lineBytesMax === undefined ? {} : { lineBytesMax });
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  return told([...lines, ...splitter.end()]);
}

/** The same, of all bytes at once and with strings. */
function naive(bytes: Buffer): Told[] {
  const pieces = bytes.toString(LATIN1).split("\n");
  return pieces
    .map((piece, at): Told => {
      const text = at === 0 ? piece.replace(/^\xef\xbb\xbf/, "") : piece;
      return [at + 1, at < pieces.length - 1 ? text.replace(/\r$/, "") : text];
    })
    .filter(([, text]) => text !== "");
}

async function* chunksOf(texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe("bytes are cut into lines", () => {
  test.each<[why: string, text: string, lines: Told[]]>([
    ["LF ends a line", "a\nb\n", inOrder("a", "b")],
    ["CRLF does", "a\r\nb\r\n", inOrder("a", "b")],
    ["the last line needs no end", "a\nb", inOrder("a", "b")],
    ["a CR inside a line is kept", "a\rb\n\rc\n", inOrder("a\rb", "\rc")],
    ["one of two CRs before an LF is kept", "a\r\r\n", inOrder("a\r")],
    ["a CR at the very end belongs to no CRLF", "a\r", inOrder("a\r")],
    ["empty lines are passed over, and counted", "\n\r\na\n\n\nb", [[3, "a"], [6, "b"]]], // biome-ignore format: a row
    ["nothing is no line", "", []],
    ["nor is an end alone", "\n", []],
    ["blanks are a line", " \n", inOrder(" ")],
    ["a byte order mark at the start is passed over", "\xef\xbb\xbfa\n", inOrder("a")],
    ["a line of it alone is empty", "\xef\xbb\xbf\r\na", [[2, "a"]]],
    ["half of one is kept", "\xef\xbba\n", inOrder("\xef\xbba")],
    ["a second one is kept", "\xef\xbb\xbf\xef\xbb\xbfa", inOrder("\xef\xbb\xbfa")],
    ["and so is one of another line", "a\n\xef\xbb\xbfb", inOrder("a", "\xef\xbb\xbfb")],
    [
      "U+2028 and U+0085 end no line",
      "a\xe2\x80\xa8b\xc2\x85c\n",
      inOrder("a\xe2\x80\xa8b\xc2\x85c"),
    ],
  ])("%s", (_why, text, lines) => {
    const bytes = Buffer.from(text, LATIN1);
    expect(split([bytes])).toEqual(lines);
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(split(single)).toEqual(lines);
  });

  test("any bytes, cut anywhere, give the lines of a naive split", () => {
    const byte = fc.oneof(fc.constantFrom(10, 10, 13, 0xef, 0xbb, 0xbf, 0x61), fc.nat(255));
    const mark = fc.constantFrom<number[]>([], [], [0xef, 0xbb, 0xbf]);
    const bytes = fc
      .tuple(mark, fc.array(byte, { maxLength: 60 }))
      .map(([first, rest]) => Buffer.from([...first, ...rest]));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(63), { maxLength: 8 }), (all, cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), all.length];
        const chunks = places.slice(1).map((to, at) => all.subarray(places[at], to));
        expect(split(chunks)).toEqual(naive(all));
      }),
      { numRuns: 5_000 },
    );
  });

  test("a line in a quarter of a million chunks is copied in linear time", () => {
    const chunk = Buffer.alloc(16, "x");
    const chunks = Array.from({ length: 250_000 }, () => chunk);
    const [line] = split(chunks, 4_000_000);
    expect(line?.[1]).toHaveLength(4_000_000);
  });

  test("lines stay as they were while later ones come", () => {
    const splitter = new LineSplitter();
    const texts = ["ab", "c\nd", "e\n\nfg", "h", "i\n"];
    const lines = texts.flatMap((text) => splitter.push(Buffer.from(text)));
    expect(told(lines)).toEqual([[1, "abc"], [2, "de"], [4, "fghi"]]); // biome-ignore format: a row
  });
});

describe("a line has a longest length", () => {
  test.each<[why: string, text: string]>([
    ["as many bytes", "12345"],
    ["beside an LF", "12345\n"],
    ["beside a CRLF", "12345\r\n"],
    ["beside a byte order mark", "\xef\xbb\xbf12345\r\n"],
  ])("which it may have: %s", (_why, text) => {
    const bytes = Buffer.from(text, LATIN1);
    expect(split([bytes], 5)).toEqual([[1, "12345"]]);
    expect(split([...bytes].map((byte) => Buffer.from([byte])), 5)).toEqual([[1, "12345"]]); // biome-ignore format: a row
  });

  test.each<[why: string, text: string, number: number]>([
    ["in the first line", "123456\nb\n", 1],
    ["by a CR that belongs to it", "12345\rb\n", 1],
    ["without an end", "a\n\n123456", 3],
    ["by a CR at the very end", "12345\r", 1],
    ["by far", `a\n${"x".repeat(1_000)}\nb`, 2],
    ["by a byte order mark in another line", "a\n\xef\xbb\xbf1234\n", 2],
  ])("beyond which it is refused by its number: %s", (_why, text, number) => {
    const bytes = Buffer.from(text, LATIN1);
    const refusal = [`line ${number} is longer than 5 bytes`];
    expect(problemsOf(() => split([bytes], 5))).toEqual(refusal);
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(problemsOf(() => split(single, 5))).toEqual(refusal);
  });

  test("the lines before it come first, and nothing comes after it", async () => {
    const seen: Told[] = [];
    const lines = readLines(chunksOf(["a\nb\n123456\nc\n", "d\n"]), { lineBytesMax: 5 });
    const all = async () => {
      for await (const some of lines) seen.push(...told(some));
    };
    await expect(all()).rejects.toThrow("line 3 is longer than 5 bytes");
    expect(seen).toEqual(inOrder("a", "b"));
  });

  test("it is told before its end has come", () => {
    const splitter = new LineSplitter({ lineBytesMax: 5 });
    splitter.push(Buffer.alloc(1_000, "x"));
    expect(() => splitter.throwIfTooLong()).toThrow("line 1 is longer than 5 bytes");
  });

  test("which is 64 KiB where nothing else is said", () => {
    expect(split([Buffer.alloc(65_536, "x")])).toHaveLength(1);
    const refusal = ["line 1 is longer than 65536 bytes"];
    expect(problemsOf(() => split([Buffer.alloc(65_537, "x")]))).toEqual(refusal);
  });
});

describe("lines of a stream", () => {
  test("come in an array for each chunk that ends some", async () => {
    const lines = readLines(chunksOf(["a\nb\nc", "d", "e\n", "", "f"]));
    const arrays: Told[][] = [];
    for await (const some of lines) arrays.push(told(some));
    expect(arrays).toEqual([inOrder("a", "b"), [[3, "cde"]], [[4, "f"]]]);
  });

  test("are taken from the stream only as they are asked for", async () => {
    let made = 0;
    const endless = new Readable({
      highWaterMark: 64,
      read() {
        made += 1;
        this.push(Buffer.alloc(64, "1234567\n"));
      },
    });
    const lines = readLines(endless);
    for (let taken = 1; taken <= 5; taken++) {
      const { value } = await lines.next();
      expect(value?.length).toBeGreaterThanOrEqual(8);
      // What was asked for, and at most what the stream itself reads ahead.
      expect(made).toBeLessThanOrEqual(2 * taken + 2);
    }
    await lines.return();
    expect(endless.destroyed).toBe(true);
  });

  test("a stream that is needed longer survives a line that is too long", async () => {
    const request = Readable.from([Buffer.from("123456\n")]);
    const lines = readLines(request.iterator({ destroyOnReturn: false }), { lineBytesMax: 5 });
    await expect(lines.next()).rejects.toThrow("line 1 is longer than 5 bytes");
    expect(request.destroyed).toBe(false);
    request.destroy();
  });

  test("a failure of the stream is passed on", async () => {
    const cut = new Readable({ read: () => cut.destroy(new Error("reset by peer")) });
    await expect(readLines(cut).next()).rejects.toThrow("reset by peer");
  });
});

function inOrder(...texts: string[]): Told[] {
  return texts.map((text, at) => [at + 1, text]);
}
