import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Coding } from "./accept-encoding.ts";
import { type Compress, createCompression, type Encoded } from "./compression.ts";
import type { Exchange } from "./exchange.ts";

const MEBIBYTE = 1024 * 1024;
const LONG_MS = 60_000;

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

/** Compressing that is done when the test says, and all that was sent. */
function held(waitMsMax = LONG_MS) {
  const underWay: Parameters<Compress>[2][] = [];
  const compress: Compress = (_coding, _body, done) => void underWay.push(done);
  const compression = createCompression({ compress, waitMsMax });
  const sent: Encoded[] = [];
  const encode = (bytes: number, asked?: AskedFor) =>
    compression.encode(exchange(asked), "x".repeat(bytes), (encoded) => sent.push(encoded));
  const codings = () => sent.map(({ coding }) => coding);
  return { underWay, sent, encode, codings };
}

describe("by zlib", () => {
  const { encode } = createCompression();
  const encoded = (body: string | Uint8Array, accept: string) =>
    new Promise<Encoded>((resolve) => encode(exchange({ accept }), body, resolve));

  test.each(["gzip", "br"] as const)(
    "what %s makes is decoded to the same body",
    async (coding) => {
      const bodies = fc.oneof(
        fc
          .string({ unit: "binary", minLength: 1_024, maxLength: 8_192 })
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
  ["as large as may be", 8 * MEBIBYTE, {}, true],
  ["a byte too large", 8 * MEBIBYTE + 1, {}, false],
  ["for a client that does not accept it", 2_000, { accept: "deflate" }, false],
  ["for a client that has gone", 2_000, { isGone: true }, false],
])("a body is compressed or sent at once: %s", (_why, bytes, asked, isCompressed) => {
  const { underWay, sent, encode, codings } = held();
  encode(bytes, asked);
  expect([underWay.length, sent.length]).toEqual(isCompressed ? [1, 0] : [0, 1]);
  underWay[0]?.(Buffer.of(1));
  expect(codings()).toEqual([isCompressed ? "gzip" : undefined]);
});

test("HEAD is told the coding of GET and no length, and nothing is compressed for it", () => {
  const { underWay, sent, encode } = held();
  encode(2_000, { method: "HEAD" });
  encode(1_000, { method: "HEAD" });
  expect(sent).toEqual([
    { body: undefined, coding: "gzip" },
    { body: "x".repeat(1_000), coding: undefined },
  ]);
  expect(underWay).toEqual([]);
});

test("two are compressed at once, what comes meanwhile is sent as it is", () => {
  const { underWay, encode, codings } = held();
  for (let count = 0; count < 5; count += 1) encode(2_000);
  expect([underWay.length, codings()]).toEqual([2, [undefined, undefined, undefined]]);
  underWay[1]?.(Buffer.of(1));
  encode(2_000);
  encode(2_000);
  expect([underWay.length, codings().length]).toEqual([3, 5]);
  for (const done of [underWay[0], underWay[2]]) done?.(Buffer.of(1));
  expect(codings().slice(3)).toEqual(["gzip", undefined, "gzip", "gzip"]);
});

test("no more than 8 MiB are compressed at once", () => {
  const { underWay, encode, codings } = held();
  encode(5 * MEBIBYTE);
  encode(3 * MEBIBYTE + 1);
  expect([underWay.length, codings()]).toEqual([1, [undefined]]);
  encode(3 * MEBIBYTE);
  expect(underWay).toHaveLength(2);
  for (const done of underWay) done(Buffer.of(1));
  encode(8 * MEBIBYTE);
  expect(underWay).toHaveLength(3);
});

test("what fails is sent as it is, and makes room", () => {
  const { underWay, sent, encode } = held();
  for (const at of [0, 1, 2, 3]) {
    encode(2_000);
    underWay[at]?.(undefined);
  }
  const plain = { body: "x".repeat(2_000), coding: undefined };
  expect(sent).toEqual([plain, plain, plain, plain]);
});

test("what takes too long is sent as it is, once, and keeps its room until it is done", async () => {
  const sent: Encoded[] = [];
  const underWay: Parameters<Compress>[2][] = [];
  const compress: Compress = (_coding, _body, done) => void underWay.push(done);
  const { encode } = createCompression({ compress, waitMsMax: 5 });
  const late = () =>
    new Promise<void>((resolve) =>
      encode(exchange(), "x".repeat(2_000), (encoded) => {
        sent.push(encoded);
        resolve();
      }),
    );
  await Promise.all([late(), late()]);
  await late();
  expect([underWay.length, sent.map(({ coding }) => coding)]).toEqual([
    2,
    [undefined, undefined, undefined],
  ]);
  for (const done of underWay) done(Buffer.of(1));
  expect(sent).toHaveLength(3);
  const last = late();
  underWay[2]?.(Buffer.of(1));
  await last;
  expect(sent.at(-1)).toEqual({ body: Buffer.of(1), coding: "gzip" });
});
