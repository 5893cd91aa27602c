import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { pieces } from "../testing/raw-requests.ts";
import { converse, linesOf, STREAM_PROTOCOLS, said, streamFronts } from "../testing/streams.ts";

/** Another run: `FUZZ_SEED=7 npm test -- gateway/src/fronts/rest/rest-stream`. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const [[, http1] = []] = STREAM_PROTOCOLS;
if (http1 === undefined) throw new Error("there is no HTTP/1.1");

const unitsOf = (usage: readonly { readonly units: number }[]) =>
  usage.reduce((sum, { units }) => sum + units, 0);

describe.each(STREAM_PROTOCOLS)("a stream over %s", (_protocol, begin) => {
  test("has an answer for each line, in order, and a mistake fails its own alone", async () => {
    const { port, usage } = await streamFronts();
    const body = [
      "192.0.2.1",
      '{"ip_address":"192.0.2.2"}',
      '"192.0.2.3"',
      "nonsense",
      "{nonsense}",
      '{"ip_address":"192.0.2.4","colour":"red"}',
      '{"ip_address":"192.0.2.5","language":"de"}',
      `1${"0".repeat(64)}`,
      "  192.0.2.6\t",
      "{}",
      "2001:db8::1",
    ].join("\n");
    const { status, headers, lines } = await converse(begin, port, body);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/x-ndjson",
      "content-language": "en",
      vary: "Accept-Language",
      "cache-control": "private",
      "x-request-id": expect.stringMatching(/./),
      ratelimit: expect.stringContaining("r="),
    });
    expect(lines.map(said)).toEqual([
      "192.0.2.1",
      "192.0.2.2",
      "192.0.2.3",
      "nonsense invalid_argument",
      " invalid_argument",
      " invalid_argument",
      " invalid_argument",
      `1${"0".repeat(63)} invalid_argument`,
      "192.0.2.6",
      " invalid_argument",
      "2001:db8::1",
    ]);
    const messages = lines.map((line) => JSON.parse(line).error?.message);
    expect(messages[5]).toBe("line 6: colour is not a field of this call");
    expect(messages[6]).toBe(
      "line 7: language holds for the whole stream, and is a parameter of its query",
    );
    expect(new Set(usage.map(({ operation }) => operation))).toEqual(new Set(["StreamLocations"]));
    expect(unitsOf(usage)).toBe(5);
  });

  test.each([
    ["nothing", "", []],
    ["blank lines alone", "\n\r\n\n", []],
    ["CRLF", "192.0.2.1\r\n192.0.2.2\r\n", ["192.0.2.1", "192.0.2.2"]],
    ["a byte order mark", "\ufeff192.0.2.1\n", ["192.0.2.1"]],
    ["blank lines between", "\n192.0.2.1\n\n\n192.0.2.2\n\n", ["192.0.2.1", "192.0.2.2"]],
    ["a last line without an end", "192.0.2.1\n192.0.2.2", ["192.0.2.1", "192.0.2.2"]],
    ["the same line twice", "192.0.2.1\n192.0.2.1\n", ["192.0.2.1", "192.0.2.1"]],
  ])("of %s is answered", async (_what, body, expected) => {
    const { port, usage } = await streamFronts();
    const { status, lines } = await converse(begin, port, body);
    expect([status, lines.map(said)]).toEqual([200, expected]);
    expect(unitsOf(usage)).toBe(expected.length);
  });

  test("answers a line before the next is sent", async () => {
    const { port } = await streamFronts();
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const { body } = await answer;
    const lines = linesOf(body);
    for (let n = 2; n < 6; n += 1) {
      expect(said((await lines.next()).value ?? "")).toBe(`192.0.2.${n - 1}`);
      request.write(`192.0.2.${n}\n`);
    }
    request.end();
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.5");
    expect((await lines.next()).done).toBe(true);
  });

  test("ends with a problem that names the line, where one is too long, after the answers before it", async () => {
    const { port, logged } = await streamFronts();
    const { status, lines } = await converse(
      begin,
      port,
      `192.0.2.1\n\n${"1".repeat(4_097)}\n192.0.2.2\n`,
    );
    expect([status, lines.map(said)]).toEqual([200, ["192.0.2.1", "problem invalid_argument"]]);
    const { problem } = JSON.parse(lines[1] ?? "");
    expect(problem).toMatchObject({ status: 400, request_id: expect.stringMatching(/./) });
    expect(JSON.stringify(problem)).toContain("line 3");
    expect(logged).toEqual([]);
    const first = await converse(begin, port, `${"1".repeat(5_000)}\n192.0.2.2\n`);
    expect(first.status).toBe(400);
  });

  test("is answered by events where they are asked for", async () => {
    const { port } = await streamFronts();
    const sse = { accept: "text/event-stream" };
    const { headers, lines } = await converse(begin, port, "192.0.2.1\nno\n", { headers: sse });
    expect(headers["content-type"]).toBe("text/event-stream");
    const [one = "", , two = "", , ...end] = lines;
    expect([one, two].map((line) => said(line.replace(/^data: /, "")))).toEqual([
      "192.0.2.1",
      "no invalid_argument",
    ]);
    expect(end).toEqual(["event: end", "data: {}", ""]);
    const failed = await converse(begin, port, `192.0.2.1\n${"1".repeat(5_000)}`, { headers: sse });
    expect(failed.lines[2]).toBe("event: problem");
    expect(JSON.parse(failed.lines[3]?.replace(/^data: /, "") ?? "")).toMatchObject({
      code: "invalid_argument",
    });
  });

  test("has the options of its query, and says what is wrong with them before it is read", async () => {
    const { port, geo } = await streamFronts();
    const query = "?language=de&fields=ip_address";
    const { headers, lines } = await converse(begin, port, "192.0.2.1\n", { query });
    expect(headers["content-language"]).toBe("de");
    expect(lines).toEqual(['{"location":{"ip_address":"192.0.2.1"}}']);
    expect(geo.frames.map(({ language }) => language)).toEqual(["de"]);
    for (const wrong of ["?language=xx", "?fields=colour", "?ip_address=192.0.2.1", "?x=1"]) {
      expect((await converse(begin, port, "", { query: wrong })).status).toBe(400);
    }
  });

  test("is refused where its body is no lines, and says which types are", async () => {
    const { port, usage } = await streamFronts();
    const status = async (headers: Record<string, string>) =>
      (await converse(begin, port, "192.0.2.1\n", { headers })).status;
    const refused = await converse(begin, port, "{}", {
      headers: { "content-type": "application/json" },
    });
    expect(refused.status).toBe(415);
    expect(refused.headers["accept-post"]).toBe(
      "application/x-ndjson, application/ndjson, application/jsonl, text/plain",
    );
    expect(await status({ "content-encoding": "gzip" })).toBe(415);
    expect(await status({ "content-type": "" })).toBe(415);
    expect(usage).toEqual([]);
    expect(await status({ "content-encoding": "identity" })).toBe(200);
    expect(await status({ "content-type": "text/plain; charset=utf-8" })).toBe(200);
    expect(await status({ "x-api-key": "other" })).toBe(401);
  });
});

test.each([
  ["*/*", "application/x-ndjson"],
  ["application/json", "application/x-ndjson"],
  ["text/event-stream;q=0.5, application/x-ndjson", "application/x-ndjson"],
  ["application/x-ndjson;q=0.5, text/event-stream", "text/event-stream"],
])("Accept: %s is answered by %s", async (accept, expected) => {
  const { port } = await streamFronts();
  const { headers } = await converse(http1, port, "", { headers: { accept } });
  expect(headers["content-type"]).toBe(expected);
});

test("tells its time to the first answers where answers do, and to pages that may read it", async () => {
  const origin = "https://a.example";
  const { port } = await streamFronts({ serverTiming: true, corsAllowedOrigins: [origin] });
  const { headers } = await converse(http1, port, "192.0.2.1\n", { headers: { origin } });
  expect(headers["server-timing"]).toMatch(/^total;dur=[\d.]+$/);
  expect(headers["access-control-allow-origin"]).toBe(origin);
});

/** Lines as clients may send them, and bytes that nobody would. */
const line = fc.oneof(
  fc.ipV4().map((text) => Buffer.from(text)),
  fc.ipV6().map((text) => Buffer.from(`{"ip_address":"${text}"}`)),
  fc.constantFrom("", "\r", "{", "[]", "null", '"', "\ufeff", '{"problem":{}}').map(Buffer.from),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
  fc.constant(Buffer.alloc(4_100, "1")),
);

test("whatever comes in whatever pieces, every line has one answer, or the stream ends with a problem", async () => {
  const { port, hasRoom } = await streamFronts();
  onTestFinished(() => expect(hasRoom(16_000)).toBe(true));
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
  const protocol = fc.constantFrom(...STREAM_PROTOCOLS);
  await fc.assert(
    fc.asyncProperty(protocol, fc.array(line, { maxLength: 30 }), sizes, async (by, all, cuts) => {
      const bytes = Buffer.concat(all.flatMap((each) => [each, Buffer.from("\n")]));
      const { status, lines } = await converse(by[1], port, pieces(bytes, cuts));
      const told = lines.map((each) => JSON.parse(each));
      expect([200, 400]).toContain(status);
      const isCut = all.some(({ length }) => length > 4_096);
      const asked = all.filter((each, at) => !isBlank(each, at === 0));
      if (isCut)
        expect(status === 400 || told.at(-1).problem.code === "invalid_argument").toBe(true);
      else expect([status, told.length]).toEqual([200, asked.length]);
      const answers = isCut ? told.slice(0, -1) : told;
      for (const each of status === 200 ? answers : []) {
        expect(Object.keys(each)).toEqual([each.location === undefined ? "error" : "location"]);
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

/** Whether a line is passed over: empty, but for its end and a byte order mark before the first. */
function isBlank(bytes: Buffer, isFirst: boolean): boolean {
  const text = bytes.toString("latin1");
  return (isFirst ? text.replace(/^\xef\xbb\xbf/, "") : text).replace(/\r$/, "") === "";
}
