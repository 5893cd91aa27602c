import fc from "fast-check";
import { TEST_KEY } from "./fronts.ts";

/** A well-formed request of HTTP/1.1, and what it is answered by. */
export interface RawRequest {
  readonly status: number;
  readonly bytes: Buffer;
  /** Comes back as `X-Request-Id`. */
  readonly id: string;
}

interface Kind {
  readonly status: number;
  readonly line: string;
  readonly head?: readonly string[];
  readonly body?: string;
}

const KEY = `X-API-Key: ${TEST_KEY}`;
const JSON_TYPE = "Content-Type: application/json";
const BATCH = "POST /v1/locations:batchGet";
const TWO = '{"ip_addresses":["192.0.2.1","192.0.2.2"]}';
const TWO_IN_CHUNKS = `5\r\n${TWO.slice(0, 5)}\r\n${(TWO.length - 5).toString(16)};x=y\r\n${TWO.slice(5)}\r\n0\r\n\r\n`;
const sized = (body: string) => `Content-Length: ${body.length}`;

const KINDS: readonly Kind[] = [
  { status: 200, line: "GET /v1/locations/192.0.2.1", head: [KEY] },
  { status: 400, line: "GET /v1/locations/nonsense", head: [KEY] },
  { status: 401, line: "GET /v1/locations/192.0.2.1" },
  { status: 200, line: "GET /v1/flags/de.svg" },
  { status: 204, line: "OPTIONS *" },
  { status: 404, line: "POST /nope", head: [sized("hello")], body: "hello" },
  { status: 405, line: "PUT /v1/datasets", head: [KEY, sized("{}")], body: "{}" },
  { status: 200, line: BATCH, head: [KEY, JSON_TYPE, sized(TWO)], body: TWO },
  { status: 400, line: BATCH, head: [KEY, JSON_TYPE, sized("{")], body: "{" },
  {
    status: 200,
    line: BATCH,
    head: [KEY, JSON_TYPE, sized(TWO), "Expect: 100-continue"],
    body: TWO,
  },
  {
    status: 200,
    line: BATCH,
    head: [KEY, JSON_TYPE, "Transfer-Encoding: chunked"],
    body: TWO_IN_CHUNKS,
  },
  {
    status: 200,
    line: "POST /geomesh.geo.v1.GeoService/GetLocation",
    head: [KEY, JSON_TYPE, sized('{"ip_address":"192.0.2.1"}')],
    body: '{"ip_address":"192.0.2.1"}',
  },
];

/** Any well-formed request. */
export const rawRequest: fc.Arbitrary<RawRequest> = fc
  .tuple(fc.constantFrom(...KINDS), fc.stringMatching(/^[0-9a-f]{16}$/))
  .map(([{ status, line, head = [], body = "" }, id]) => {
    const lines = [`${line} HTTP/1.1`, "Host: x", `X-Request-Id: ${id}`, ...head, "", body];
    return { status, id, bytes: Buffer.from(lines.join("\r\n")) };
  });

/** Bytes that nobody would send: a piece that is cut, changed in some places, or never was a request. */
export function mutated(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const put = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.constantFrom("\r\n", "\n", "\r", "\r\n\r\n", " ", ":", "\0", "9", "zz").map(Buffer.from),
  );
  const edit = fc.record({ at: place, remove: fc.nat({ max: 4 }), put });
  return fc
    .tuple(bytes, fc.array(edit, { minLength: 1, maxLength: 3 }), fc.option(place, { freq: 3 }))
    .map(([whole, edits, cutAt]) => {
      let some = whole;
      for (const { at, remove, put: more } of edits) {
        const from = Math.floor(at * some.length);
        some = Buffer.concat([some.subarray(0, from), more, some.subarray(from + remove)]);
      }
      return cutAt === null ? some : some.subarray(0, Math.floor(cutAt * some.length));
    });
}

/** Cuts bytes into pieces of these sizes, over and over. */
export function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? bytes.length;
    all.push(bytes.subarray(at, at + size));
    at += size;
  }
  return all;
}
