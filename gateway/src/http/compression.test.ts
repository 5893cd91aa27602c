import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import { createTestClock } from "@geomesh/testing/test-clock";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Coding } from "./accept-encoding.ts";
import type { CompressLarge } from "./compress.ts";
import { createCompression, type Encoded } from "./compression.ts";
import type { Exchange } from "./exchange.ts";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;
/** As large as a body may be that is compressed at once, and a byte larger. */
const SMALL = 4 * KIBIBYTE;
const LARGE = SMALL + 1;
const RESULT = Buffer.of(1);
/** What compressing a small body takes, by the test's clock. */
const SMALL_MS = 0.1;

const decoders: Readonly<Record<Coding, (bytes: Uint8Array) => Buffer>> = {
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
};

interface AskedFor {
  readonly accept?: string;
  readonly method?: string;
  readonly isGone?: boolean;
}

function exchange({ accept = "gzip", method = "GET", isGone = false }: AskedFor = {}): Exchange {
  const request = { rawHeaders: ["accept-encoding", accept] };
  return { request, method, response: { destroyed: isGone } } as unknown as Exchange;
}

/** Compresses large bodies when the test says, and small ones in a tenth of a millisecond; keeps all that was sent. */
function compressionForTest() {
  const underWay: Parameters<CompressLarge>[2][] = [];
  const clock = createTestClock();
  const { encode } = createCompression({
    clock,
    small() {
      clock.advance(SMALL_MS);
      return RESULT;
    },
    large: (_coding, _body, done) => void underWay.push(done),
  });
  const sent: Encoded[] = [];
  return {
    ...{ clock, underWay, sent },
    encode: (bytes: number, asked?: AskedFor) =>
      encode(exchange(asked), "x".repeat(bytes), (encoded) => sent.push(encoded)),
    codings: () => sent.map(({ coding }) => coding),
  };
}

describe("by zlib", () => {
  const encoded = (body: string | Uint8Array, accept: string) =>
    new Promise<Encoded>((resolve) => {
      const { encode } = createCompression({ clock: SYSTEM_CLOCK });
      encode(exchange({ accept }), body, resolve);
    });

  test.each(["gzip", "br"] as const)(
    "what %s makes is decoded to the same body",
    async (coding) => {
      const bodies = fc.oneof(
        fc
          .string({ unit: ANY_CHARACTER, minLength: 1_024, maxLength: 8_192 })
          .map((text) => Buffer.from(text)),
        fc.integer({ min: 1_024, max: 300_000 }).map((bytes) => Buffer.alloc(bytes, "ab cd")),
      );
      const check = fc.asyncProperty(bodies, fc.boolean(), async (bytes, asText) => {
        const result = await encoded(asText ? bytes.toString("latin1") : bytes, coding);
        const body = Buffer.from(result.body as string, "latin1");
        const plain = result.coding === undefined ? body : decoders[result.coding](body);
        expect(plain.equals(bytes)).toBe(true);
      });
      await fc.assert(check, { seed: 10, numRuns: 25 });
      const { coding: used, body } = await encoded("x".repeat(1_024), coding);
      expect([used, (body?.length ?? 0) < 100]).toEqual([coding, true]);
    },
  );

  test.each(["gzip", "br"])("what %s would make larger stays as it is", async (accept) => {
    const body = randomBytes(2_048);
    expect(await encoded(body, accept)).toEqual({ body, coding: undefined });
  });
});

test.each<[why: string, bytes: number, asked: AskedFor, isCompressed: boolean]>([
  ["large enough", 1_024, {}, true],
  ["a byte too small", 1_023, {}, false],
  ["empty", 0, {}, false],
  ["the largest of the small ones", SMALL, {}, true],
  ["the smallest of the large ones", LARGE, {}, true],
  ["as large as may be", 8 * MEBIBYTE, {}, true],
  ["a byte too large", 8 * MEBIBYTE + 1, {}, false],
  ["small, for a client that does not accept it", 2_000, { accept: "deflate" }, false],
  ["large, for a client that does not accept it", LARGE, { accept: "deflate" }, false],
  ["small, for a client that has gone", 2_000, { isGone: true }, false],
  ["large, for a client that has gone", LARGE, { isGone: true }, false],
])("a body is compressed or sent as it is: %s", (_why, bytes, asked, isCompressed) => {
  const { underWay, sent, encode } = compressionForTest();
  encode(bytes, asked);
  const isLarge = isCompressed && bytes > SMALL;
  expect([underWay.length, sent.length]).toEqual(isLarge ? [1, 0] : [0, 1]);
  underWay[0]?.(RESULT);
  const plain = { body: "x".repeat(bytes), coding: undefined };
  expect(sent).toEqual([isCompressed ? { body: RESULT, coding: "gzip" } : plain]);
});

test.each([2_000, LARGE])("HEAD is told the coding of GET and no length: %d bytes", (bytes) => {
  const { clock, underWay, sent, encode } = compressionForTest();
  const startMs = clock.monotonicMs();
  encode(bytes, { method: "HEAD" });
  encode(1_000, { method: "HEAD" });
  expect(sent).toEqual([
    { body: undefined, coding: "gzip" },
    { body: "x".repeat(1_000), coding: undefined },
  ]);
  expect([underWay.length, clock.monotonicMs() - startMs]).toEqual([0, 0]);
});

describe("small bodies", () => {
  test("take a tenth of the time, after a burst of two milliseconds", () => {
    const { clock, encode, codings } = compressionForTest();
    const compressed = () => codings().filter((coding) => coding !== undefined).length;
    const startMs = clock.monotonicMs();
    for (let count = 0; count < 100; count += 1) encode(2_000);
    const burst = compressed();
    expect([burst * SMALL_MS, codings().length]).toEqual([expect.closeTo(2, 0), 100]);
    while (clock.monotonicMs() - startMs < 1_000) {
      encode(2_000);
      clock.advance(0.05);
    }
    expect(compressed() * SMALL_MS).toBeGreaterThan(96);
    expect(compressed() * SMALL_MS).toBeLessThan(103);
  });

  test("are all compressed where they are few, whatever time has passed before", () => {
    const { clock, encode, codings } = compressionForTest();
    for (let count = 0; count < 200; count += 1) {
      encode(2_000);
      clock.advance(1);
    }
    expect(new Set(codings())).toEqual(new Set(["gzip"]));
    clock.advance(1_000_000);
    for (let count = 0; count < 100; count += 1) encode(2_000);
    expect(codings().lastIndexOf("gzip")).toBeLessThan(200 + 25);
  });

  test("that are interrupted do not count for longer than they take", () => {
    const clock = createTestClock();
    const small = () => {
      clock.advance(1_000);
      return RESULT;
    };
    const { encode } = createCompression({ clock, small });
    const codings: unknown[] = [];
    const encodeOne = () =>
      encode(exchange(), "x".repeat(2_000), (each) => codings.push(each.coding));
    encodeOne();
    encodeOne();
    expect(codings).toEqual(["gzip", "gzip"]);
  });

  test("stay as they are where that fails, which takes time as well", () => {
    const clock = createTestClock();
    let calls = 0;
    const small = () => {
      calls += 1;
      clock.advance(SMALL_MS);
      return undefined;
    };
    const { encode } = createCompression({ clock, small });
    const sent: Encoded[] = [];
    const body = Buffer.alloc(2_000);
    for (let count = 0; count < 100; count += 1) {
      encode(exchange(), body, (encoded) => sent.push(encoded));
    }
    expect(calls).toBeLessThan(25);
    expect(sent).toEqual(Array.from({ length: 100 }, () => ({ body, coding: undefined })));
  });
});

describe("large bodies", () => {
  test("are compressed two at once, and what comes meanwhile is sent as it is", () => {
    const { underWay, encode, codings } = compressionForTest();
    for (let count = 0; count < 5; count += 1) encode(LARGE);
    expect([underWay.length, codings()]).toEqual([2, [undefined, undefined, undefined]]);
    underWay[1]?.(RESULT);
    encode(LARGE);
    encode(LARGE);
    expect([underWay.length, codings().length]).toEqual([3, 5]);
    for (const done of [underWay[0], underWay[2]]) done?.(RESULT);
    expect(codings().slice(3)).toEqual(["gzip", undefined, "gzip", "gzip"]);
  });

  test("hold up no small ones", () => {
    const { underWay, encode, codings } = compressionForTest();
    for (const bytes of [LARGE, LARGE, SMALL]) encode(bytes);
    expect([underWay.length, codings()]).toEqual([2, ["gzip"]]);
  });

  test("are compressed up to 8 MiB at once", () => {
    const { underWay, encode, codings } = compressionForTest();
    encode(5 * MEBIBYTE);
    encode(3 * MEBIBYTE + 1);
    expect([underWay.length, codings()]).toEqual([1, [undefined]]);
    encode(3 * MEBIBYTE);
    expect(underWay).toHaveLength(2);
    for (const done of underWay) done(RESULT);
    encode(8 * MEBIBYTE);
    expect(underWay).toHaveLength(3);
  });

  test("stay as they are where that fails, which makes room", () => {
    const { underWay, sent, encode } = compressionForTest();
    for (const at of [0, 1, 2, 3]) {
      encode(LARGE);
      underWay[at]?.(undefined);
    }
    const plain = { body: "x".repeat(LARGE), coding: undefined };
    expect(sent).toEqual([plain, plain, plain, plain]);
  });

  test("that take too long are sent as they are, once, and keep their room until they are done", async () => {
    const sent: Encoded[] = [];
    const underWay: Parameters<CompressLarge>[2][] = [];
    const large: CompressLarge = (_coding, _body, done) => void underWay.push(done);
    const { encode } = createCompression({ clock: createTestClock(), large }, { waitMsMax: 5 });
    const encoded = () =>
      new Promise<void>((resolve) =>
        encode(exchange(), "x".repeat(LARGE), (each) => {
          sent.push(each);
          resolve();
        }),
      );
    await Promise.all([encoded(), encoded()]);
    await encoded();
    expect(underWay).toHaveLength(2);
    expect(sent.map(({ coding }) => coding)).toEqual([undefined, undefined, undefined]);
    for (const done of underWay) done(RESULT);
    expect(sent).toHaveLength(3);
    const last = encoded();
    underWay[2]?.(RESULT);
    await last;
    expect(sent.at(-1)).toEqual({ body: RESULT, coding: "gzip" });
  });
});
