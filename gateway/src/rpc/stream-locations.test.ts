import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  StreamLocationsRequestSchema,
  StreamLocationsResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { AppError } from "@geomesh/runtime/errors";
import { expect, test } from "vitest";
import type { LookupResponse, Question } from "../lookups/lookup.ts";
import { PlainAnswers } from "../lookups/plain-answers.ts";
import { turns } from "../lookups/testing/fake-geo.ts";
import type { Admitted } from "../operations/admission.ts";
import type { Asker } from "../operations/asker.ts";
import type { StreamPiece, StreamRequest } from "../operations/stream.ts";
import { TestAsker } from "../operations/testing/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { streamLocations } from "./stream-locations.ts";

const ADMITTED = {} as Admitted;
const HEADERS = { "content-language": "en", vary: "Accept-Language" };

/** A part of a stream that was asked for; the test answers it. */
class AskedPart {
  readonly question: Question;
  readonly asker: Asker;
  readonly #response: LookupResponse;

  constructor(question: Question, asker: Asker, response: LookupResponse) {
    this.question = question;
    this.asker = asker;
    this.#response = response;
  }

  /** Brings the results of some addresses as one frame. */
  take(offset: number, count: number): void {
    const asked = this.question.ipAddresses.slice(offset, offset + count);
    const results = asked.map((ipAddress) => {
      const result = { case: "location" as const, value: { ipAddress } };
      return Buffer.from(toBinary(LocationResultSchema, create(LocationResultSchema, { result })));
    });
    this.#response.take(new PlainAnswers(1, results), 0, offset, count);
  }

  /** Tells the asker that all results are there. */
  end(): void {
    this.asker.answer({ body: this.#response.body(), headers: this.#response.headers } as never);
  }

  /** Answers all of it. */
  answer(): void {
    const { length } = this.question.ipAddresses;
    if (length > 0) this.take(0, length);
    this.end();
  }
}

interface StreamInit {
  /** What comes at a time. */
  readonly chunks: readonly (readonly StreamRequest[])[];
  readonly batchSizeMax?: number;
  readonly fields?: string[];
  readonly frame?: (json: string) => string;
  /** What the requests end with; default is their end. */
  readonly failure?: Error;
  /** Refusals of parts, by their place. */
  readonly refusals?: readonly (Error | undefined)[];
}

/** A stream whose parts are answered by the test. */
function streamOf(init: StreamInit) {
  const { chunks, batchSizeMax = 2, fields = [], frame, failure, refusals = [] } = init;
  const parts: AskedPart[] = [];
  const seen = { chunks: 0, units: [] as number[], ended: false };
  async function* requests() {
    try {
      for (const chunk of chunks) {
        seen.chunks += 1;
        yield chunk;
      }
      if (failure !== undefined) throw failure;
    } finally {
      seen.ended = true;
    }
  }
  const handler = streamLocations({
    start: (_admitted, asker, question, response) => {
      parts.push(new AskedPart(question, asker, response));
    },
  });
  const leaving = new AbortController().signal;
  const pieces = handler({
    options: create(StreamLocationsRequestSchema, { fields: { paths: fields } }),
    requests: requests(),
    principal: principalForTest({ plan: { batchSizeMax } }),
    asker: { call: new TestAsker().call, frame, isGone: false, leaving },
    async admit(units) {
      seen.units.push(units);
      await turns(1);
      const refusal = refusals[seen.units.length - 1];
      if (refusal !== undefined) throw refusal;
      return ADMITTED;
    },
  });
  return { parts, seen, pieces: pieces[Symbol.asyncIterator]() };
}

/** What the messages of a piece say: the address that was located, or why one was not. */
function saidBy({ responses }: StreamPiece): string[] {
  return responses.map((bytes) => {
    const { result } = fromBinary(StreamLocationsResponseSchema, bytes).result ?? {};
    if (result?.case === "location") return result.value.ipAddress ?? "";
    return `${result?.value?.code}: ${result?.value?.message}`;
  });
}

async function restOf(pieces: AsyncIterator<StreamPiece>): Promise<string[][]> {
  const said: string[][] = [];
  for (;;) {
    const { done = false, value } = await pieces.next();
    if (done) return said;
    said.push(saidBy(value));
  }
}

test("answers have the order of the requests, in whatever order parts and their frames come", async () => {
  const { parts, seen, pieces } = streamOf({
    chunks: [
      ["a", "b", "c"],
      ["d", "e"],
    ],
  });
  const said = restOf(pieces);
  await turns();
  expect(parts.map(({ question }) => question.ipAddresses)).toEqual([
    ["a", "b"],
    ["c"],
    ["d", "e"],
  ]);
  expect(seen.units).toEqual([2, 1, 2]);
  parts[2]?.answer();
  parts[1]?.answer();
  parts[0]?.take(1, 1);
  parts[0]?.take(0, 1);
  parts[0]?.end();
  expect(await said).toEqual([["a", "b"], ["c"], ["d", "e"]]);
});

test("framed JSON has that order as well, and a piece says how many requests it answers", async () => {
  const frame = (json: string) => `${json}\n`;
  const { parts, pieces } = streamOf({ chunks: [["a", "b"]], fields: ["ip_address"], frame });
  const first = pieces.next();
  await turns();
  parts[0]?.take(1, 1);
  parts[0]?.take(0, 1);
  parts[0]?.end();
  const { responses, count, headers } = (await first).value as StreamPiece;
  const text = responses.map((bytes) => `${Buffer.from(bytes)}`).join("");
  const lineOf = (ipAddress: string) => `{"location":{"ip_address":"${ipAddress}"}}\n`;
  expect(text).toBe(lineOf("a") + lineOf("b"));
  expect([count, headers]).toEqual([2, HEADERS]);
});

test("three parts are under way at most, and no more is read while nobody takes answers", async () => {
  const chunks = Array.from({ length: 10 }, (_, at) => [`${at}`]);
  const { parts, seen, pieces } = streamOf({ chunks, batchSizeMax: 1 });
  const first = pieces.next();
  await turns();
  expect(parts).toHaveLength(3);
  for (const part of parts) part.answer();
  expect(saidBy((await first).value as StreamPiece)).toEqual(["0"]);
  await turns();
  expect([parts.length, seen.chunks]).toEqual([3, 4]);
  const second = pieces.next();
  await turns();
  expect(parts).toHaveLength(4);
  expect(saidBy((await second).value as StreamPiece)).toEqual(["1"]);
  await pieces.return?.();
  expect(parts.map(({ asker }) => asker.isGone)).toEqual([true, true, true, true]);
});

test.each<[why: string, batchSizeMax: number, sizes: readonly number[]]>([
  ["a batch of the plan", 700, [700, 700, 100]],
  ["1,000 addresses", 5_000, [1_000, 500]],
  ["one address, where the plan has no batches", 0, [1, 1, 1]],
])("a part is at most %s", async (_why, batchSizeMax, sizes) => {
  const chunks = [Array.from({ length: 1_500 }, (_, at) => `${at}`)];
  const { parts, pieces } = streamOf({ chunks, batchSizeMax });
  const first = pieces.next();
  await turns();
  expect(parts.map(({ question }) => question.ipAddresses.length)).toEqual(sizes);
  parts[0]?.answer();
  await first;
  await pieces.return?.();
});

test("a part is admitted after the one before it, and asks for nothing before", async () => {
  const { parts, seen, pieces } = streamOf({ chunks: [["a", "b", "c"]], batchSizeMax: 1 });
  const said = restOf(pieces);
  const admittedOf = () => [seen.units.length, parts.length];
  await turns(1);
  const [admissions = 0, asked = 0] = admittedOf();
  expect(admissions).toBeLessThanOrEqual(asked + 1);
  await turns();
  expect(admittedOf()).toEqual([3, 3]);
  for (const part of parts) part.answer();
  expect(await said).toEqual([["a"], ["b"], ["c"]]);
});

const QUOTA = new AppError("QUOTA_EXCEEDED");

test("a part that is refused ends the stream after the answers before it, and asks for no part after it", async () => {
  const { parts, seen, pieces } = streamOf({
    ...{ chunks: [["a"], ["b"], ["c"]], batchSizeMax: 1 },
    refusals: [undefined, QUOTA],
  });
  const first = pieces.next();
  await turns();
  parts[0]?.answer();
  expect(saidBy((await first).value as StreamPiece)).toEqual(["a"]);
  await expect(pieces.next()).rejects.toBe(QUOTA);
  expect([parts.length, seen.units, seen.ended]).toEqual([1, [1, 1], true]);
  expect(parts[0]?.asker.isGone).toBe(true);
});

test("a part that fails ends the stream after the answers before it, and those after it are for nobody", async () => {
  const { parts, pieces } = streamOf({ chunks: [["a"], ["b"], ["c"]], batchSizeMax: 1 });
  const failure = new AppError("UPSTREAM_UNAVAILABLE");
  const first = pieces.next();
  await turns();
  parts[2]?.answer();
  parts[1]?.asker.fail(failure);
  parts[0]?.answer();
  expect(saidBy((await first).value as StreamPiece)).toEqual(["a"]);
  await expect(pieces.next()).rejects.toBe(failure);
  expect(parts[2]?.asker.isGone).toBe(true);
  expect((await pieces.next()).done).toBe(true);
});

test("a problem of the requests themselves comes after the answers to all before it", async () => {
  const failure = new AppError("BODY_TOO_LARGE");
  const { parts, pieces } = streamOf({ chunks: [["a"], ["b"]], failure });
  const first = pieces.next();
  await turns();
  for (const part of parts) part.answer();
  expect(saidBy((await first).value as StreamPiece)).toEqual(["a"]);
  expect(saidBy((await pieces.next()).value as StreamPiece)).toEqual(["b"]);
  await expect(pieces.next()).rejects.toBe(failure);
});

const MALFORMED = { problem: new AppError("INVALID_ARGUMENT", { message: "the line is no JSON" }) };
const messageFor = (ipAddress: string) => ({
  message: create(StreamLocationsRequestSchema, { ipAddress }),
});
const TOO_LONG = "invalid_argument: ip_address must have at most 64 characters";

test("a request without a usable address fails its own answer, and geo is not asked for it", async () => {
  const requests = ["a", MALFORMED, "x".repeat(65), messageFor("b"), messageFor("y".repeat(65))];
  const { parts, seen, pieces } = streamOf({ chunks: [requests], batchSizeMax: 5 });
  const said = restOf(pieces);
  await turns();
  expect(parts.map(({ question }) => question.ipAddresses)).toEqual([["a", "b"]]);
  expect(seen.units).toEqual([5]);
  parts[0]?.answer();
  const malformed = "invalid_argument: the line is no JSON";
  expect(await said).toEqual([["a", malformed, TOO_LONG, "b", TOO_LONG]]);
});

test("a part of mistakes alone is answered without a question", async () => {
  const { parts, pieces } = streamOf({ chunks: [[MALFORMED, MALFORMED]] });
  const said = restOf(pieces);
  await turns();
  expect(parts.map(({ question }) => question.ipAddresses)).toEqual([[]]);
  parts[0]?.end();
  expect(await said).toEqual([new Array(2).fill("invalid_argument: the line is no JSON")]);
});

test("a problem of a request is told by its public reason", async () => {
  const { parts, pieces } = streamOf({ chunks: [[{ problem: new AppError("NOT_SERVING") }, "a"]] });
  const said = restOf(pieces);
  await turns();
  parts[0]?.answer();
  expect(await said).toEqual([["unavailable: the service is not ready", "a"]]);
});
