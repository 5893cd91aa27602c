import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  GeoService,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { HttpRuleSchema } from "@geomesh/proto/es/google/api/http_pb";
import { expect, test } from "vitest";
import { compileRule } from "./compile-rule.ts";
import { ANSWER, HTTP_BODY } from "./testing/http-body.ts";
import { KINDS, KINDS_REGISTRY as registry } from "./testing/kinds.ts";
import { long, text } from "./testing/wire.ts";

const { getLocation } = GeoService.method;
const rule = (init: MessageInitShape<typeof HttpRuleSchema>) => create(HttpRuleSchema, init);
const get = (path: string) => ({ pattern: { case: "get" as const, value: path } });
const PATH = "/v1/locations/{ip_address}";
const custom = (kind: string) => ({
  pattern: { case: "custom" as const, value: { kind, path: PATH } },
});
const ANY_OF_INNER = '{"@type":"x/kinds.v1.Inner","name":"","size":0,"deeper":null,"tags":[]}';

test("a rule gives a route, a binder of requests and a writer of responses", () => {
  const compiled = compileRule(getLocation, rule({ ...get(PATH), responseBody: "location" }));
  expect(compiled).toMatchObject({ httpMethod: "GET", path: PATH, takesBody: false });
  const variables = { ip_address: "192.0.2.1" };
  expect(compiled.bind({ variables, query: "language=de", body: undefined })).toMatchObject({
    ipAddress: "192.0.2.1",
    language: "de",
  });
  const response = create(GetLocationResponseSchema, { location: { city: "Oslo" } });
  const json = compiled.write(toBinary(GetLocationResponseSchema, response));
  expect(JSON.parse(json)).toMatchObject({ city: "Oslo" });
});

test("a reserved parameter is passed over; without the reservation it is unknown", () => {
  const parts = { variables: { ip_address: "192.0.2.1" }, query: "token=x", body: undefined };
  const reserving = compileRule(getLocation, rule(get(PATH)), { reservedParameters: ["token"] });
  expect(reserving.bind(parts)).toMatchObject({ ipAddress: "192.0.2.1" });
  const plain = compileRule(getLocation, rule(get(PATH)));
  expect(() => plain.bind(parts)).toThrow("token is not a query parameter of this call");
});

test.each(["HEAD", "OPTIONS", "*", "M-SEARCH", "x!#$%&'*+-.^_`|~9"])(
  "a rule may be for the method %s",
  (kind) => {
    const compiled = compileRule(getLocation, rule(custom(kind)));
    expect(compiled).toMatchObject({ httpMethod: kind, path: PATH });
  },
);

test("a rule may have additional bindings", () => {
  const additionalBindings = [get("/v1/places/{ip_address}"), custom("HEAD")];
  expect(compileRule(getLocation, rule({ ...get(PATH), additionalBindings })).path).toBe(PATH);
});

test.each([
  ["a rule without a pattern", {}, "GetLocation has an http rule without a pattern"],
  ["a custom method that is empty", custom(""), 'for "", which is not a method of HTTP'],
  ["a custom method of two words", custom("GET IT"), 'for "GET IT"'],
  ["a custom method with a line break", custom("GET\n"), 'for "GET\n"'],
  [
    "an additional binding with additional bindings",
    {
      ...get(PATH),
      additionalBindings: [get(PATH), { ...get(PATH), additionalBindings: [get(PATH)] }],
    },
    "GetLocation has additional bindings in an additional binding",
  ],
  ["a path that is malformed", get("v1/locations"), "path template"],
  ["a variable that is not a field", get("/v1/{place}"), "{place}"],
  ["a response body that is not a field", { ...get(PATH), responseBody: "place" }, '"place"'],
])("%s is refused when it is compiled", (_what, init, complaint) => {
  expect(() => compileRule(getLocation, rule(init))).toThrow(complaint);
});

test.each<[responseBody: string, bytes: number[], json: string]>([
  ["by_bool", [], "{}"],
  ["int32_list", long("int32_list", 1, 2), "[1,2]"],
  ["a_string", long("a_string", 65), '"A"'],
  ["a_color", [], '"COLOR_UNSPECIFIED"'],
  ["timestamp", [], "null"],
  ["any", long("any", ...long(1, ...text("x/kinds.v1.Inner"))), ANY_OF_INNER],
])("a response body may be a field of any kind: %s", (responseBody, bytes, json) => {
  const method = { ...getLocation, output: KINDS };
  const compiled = compileRule(method, rule({ ...get(PATH), responseBody }), { registry });
  expect(compiled.write(new Uint8Array(bytes))).toBe(json);
  expect(compiled.readHttpBody).toBeUndefined();
});

test("an HttpBody is told from JSON, as the response and as the body of one", () => {
  const bytes = [...long(1, ...text("text/csv")), ...long(2, 65)];
  const whole = compileRule({ ...getLocation, output: HTTP_BODY }, rule(get(PATH)));
  const body = { contentType: "text/csv", data: Buffer.from("A") };
  expect(whole.readHttpBody?.(new Uint8Array(bytes))).toEqual(body);
  const pageRule = rule({ ...get(PATH), responseBody: "page" });
  const page = compileRule({ ...getLocation, output: ANSWER }, pageRule);
  expect(page.readHttpBody?.(new Uint8Array(long(1, ...bytes)))).toEqual(body);
});
