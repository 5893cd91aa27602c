import { create, type DescMethod, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type HttpRuleSchema as HttpRule,
  HttpRuleSchema,
} from "@geomesh/proto/es/google/api/http_pb";
import { ServerReflection } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileRule } from "./compile-rule.ts";
import { createJsonWriter } from "./json-writer.ts";
import { LineSplitter } from "./lines.ts";
import { STREAM_FRAMES } from "./stream-frames.ts";
import { INNER, KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { messagesOf } from "./testing/messages.ts";
import { problemsOf } from "./testing/problems.ts";

const { serverReflectionInfo: bidi } = ServerReflection.method;
const INNER_BIDI = { ...bidi, input: INNER, output: INNER };
const SERVER: DescMethod = { ...INNER_BIDI, methodKind: "server_streaming" };
const CLIENT: DescMethod = { ...INNER_BIDI, methodKind: "client_streaming" };
const UNARY: DescMethod = { ...INNER_BIDI, methodKind: "unary" };

const post = (init: MessageInitShape<typeof HttpRule>, path = "/v1/inners:stream") =>
  create(HttpRuleSchema, { pattern: { case: "post", value: path }, ...init });
const line = (text: string) => ({ number: 1, bytes: Buffer.from(text) });
const NO_VARIABLES = { variables: {}, body: undefined };

test.each<[method: DescMethod, hasLines: boolean, hasManyResponses: boolean]>([
  [UNARY, false, false],
  [SERVER, false, true],
  [CLIENT, true, false],
  [INNER_BIDI, true, true],
])("a rule says which sides of an RPC are streams (case %$)", (method, hasLines, many) => {
  const compiled = compileRule(method, post({ body: "*" }));
  expect(compiled.readLine !== undefined).toBe(hasLines);
  expect(compiled.hasManyResponses).toBe(many);
  expect(compiled.takesBody).toBe(true);
});

test("path and query make what holds for the whole stream, each line a request by itself", () => {
  const path = "/v1/{deeper.name}/inners:stream";
  const compiled = compileRule(INNER_BIDI, post({ body: "*" }, path), { bareField: "name" });
  const variables = { "deeper.name": "a" };
  const options = compiled.bind({ variables, query: "size=5&tags=x&tags=y", body: undefined });
  expect(options).toMatchObject({ name: "", size: 5, deeper: { name: "a" }, tags: ["x", "y"] });
  expect(compiled.readLine?.(line("b"))).toMatchObject({ name: "b", size: 0, tags: [] });
  expect(compiled.readLine?.(line('{"size":7}'))).toMatchObject({ name: "", size: 7 });
});

test.each<[why: string, query: string, problem: string]>([
  ["it is unknown", "nmae=a", "nmae is not a query parameter of this call"],
  ["each line sets it", "name=a", "name is not a query parameter of this call"],
  ["the path sets it", "deeper.name=b", "deeper.name is not a query parameter of this call"],
  ["its text is of another type", "size=x", "size must be a whole number"],
])("a parameter of a stream is refused: %s", (_why, query, problem) => {
  const path = "/v1/{deeper.name}/inners:stream";
  const { bind } = compileRule(INNER_BIDI, post({ body: "*" }, path), { bareField: "name" });
  const variables = { "deeper.name": "a" };
  const problems = problemsOf(() => bind({ variables, query, body: undefined }));
  expect(problems).toEqual([expect.stringContaining(problem)]);
});

test("lines that are one field leave the query all others", () => {
  const { bind, readLine } = compileRule(INNER_BIDI, post({ body: "deeper" }));
  expect(bind({ ...NO_VARIABLES, query: "name=a" })).toMatchObject({ name: "a" });
  expect(() => bind({ ...NO_VARIABLES, query: "deeper.name=a" })).toThrow("not a query parameter");
  expect(readLine?.(line('{"name":"b"}'))).toMatchObject({ name: "", deeper: { name: "b" } });
});

test("a stream of responses alone has its request bound as a unary one", () => {
  const { bind } = compileRule(SERVER, post({ body: "*" }), { bareField: "name" });
  expect(bind({ ...NO_VARIABLES, query: "", body: { name: "a" } })).toMatchObject({ name: "a" });
  expect(() => bind({ ...NO_VARIABLES, query: "size=1" })).toThrow("not a query parameter");
  const get = create(HttpRuleSchema, { pattern: { case: "get", value: "/v1/inners" } });
  const parts = { ...NO_VARIABLES, query: "name=a&size=1" };
  const whole = compileRule(SERVER, get, { bareField: "name" });
  expect(whole.bind(parts)).toMatchObject({ name: "a", size: 1 });
});

test.each<[why: string, method: DescMethod, rule: ReturnType<typeof post>, complaint: string]>([
  [
    "requests without a body",
    CLIENT,
    post({}),
    "takes a stream, but has an http rule without a body",
  ],
  [
    "responses of any keys",
    { ...bidi, output: KINDS },
    post({ body: "*", responseBody: "struct" }),
    'a key "problem"',
  ],
  [
    "responses in a map",
    { ...bidi, output: KINDS },
    post({ body: "*", responseBody: "by_string" }),
    'a key "problem"',
  ],
  ["lines that are no field", CLIENT, post({ body: "nmae" }), 'the body "nmae"'],
])("a stream is refused when it is compiled: %s", (_why, method, rule, complaint) => {
  expect(() => compileRule(method, rule)).toThrow(complaint);
});

test("a unary RPC may answer what a stream may not, as it has no failures after its answer", () => {
  const method: DescMethod = { ...bidi, output: KINDS, methodKind: "unary" };
  expect(compileRule(method, post({ body: "*", responseBody: "struct" })).hasManyResponses).toBe(
    false,
  );
});

test("messages that are written as lines are read as they were, wherever the bytes are cut", () => {
  const { readLine, write } = compileRule(
    { ...bidi, input: KINDS, output: KINDS },
    post({ body: "*" }),
    { registry },
  );
  const frames = STREAM_FRAMES.ndjson;
  // What the writer shows of a message is what it shows of the one read back: unset fields may come back as their defaults.
  const json = createJsonWriter(KINDS, undefined, { registry });
  const messages = fc.array(messagesOf(KINDS, { packed: [INNER], depthMax: 1 }), { maxLength: 4 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 6 }), (sent, cuts) => {
      const texts = sent.map((message) => write(toBinary(KINDS, message)));
      const body = Buffer.from(texts.map(frames.message).join(""), "latin1");
      const places = cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b);
      const splitter = new LineSplitter({ lineBytesMax: 1024 * 1024 });
      const ends = [...places, body.length];
      const lines = ends.flatMap((to, at) => splitter.push(body.subarray(ends[at - 1] ?? 0, to)));
      const read = lines.map((each) => readLine?.(each));
      expect(read.map((message) => message && json(toBinary(KINDS, message)))).toEqual(texts);
      expect(lines.map(({ number }) => number)).toEqual(sent.map((_, at) => at + 1));
    }),
    { numRuns: 40 },
  );
});
