import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { FieldDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBinder, type RequestParts } from "./bind.ts";
import { TranscodeError } from "./transcode-error.ts";

const getLocation = binder(GeoService.method.getLocation.input, "", ["ip_address"]);
const queryUsage = binder(MeteringService.method.queryUsage.input, "", ["account_id"]);
const listKeys = binder(AuthService.method.listKeys.input, "", ["account_id"]);
const createKey = binder(AuthService.method.createKey.input, "key", ["account_id"]);
/** A message with a boolean, an enum and a signed number, which no request has so far. */
const anyField = binder(FieldDescriptorProtoSchema, "", []);

describe("path and query", () => {
  test("set fields by their names in the contract or in JSON", () => {
    const variables = { account_id: "a" };
    const query = "page_size=7&pageToken=t%20+x";
    expect(listKeys({ variables, query })).toEqual(
      create(AuthService.method.listKeys.input, {
        accountId: "a",
        pageSize: 7,
        pageToken: "t  x",
      }),
    );
  });

  test("times are read as RFC 3339", () => {
    const query = "start_time=2026-01-31T01:02:03Z";
    expect(queryUsage({ variables: { account_id: "-" }, query })).toMatchObject({
      startTime: { seconds: 1_769_821_323n },
    });
  });

  test("booleans, enums by name and 32-bit integers are read", () => {
    expect(
      anyField({ query: "proto3_optional=true&label=LABEL_REPEATED&number=-5" }),
    ).toMatchObject({ proto3Optional: true, label: 3, number: -5 });
  });

  test.each([
    ["in any case", "granularity=hour&group_by=Key", { granularity: 2, groupBy: [1] }],
    ["given several times", "group_by=KEY&group_by=STATUS", { groupBy: [1, 3] }],
    ["or their numbers", "granularity=2&group_by=1,3", { granularity: 2, groupBy: [1, 3] }],
    ["between commas", "group_by=key,status", { groupBy: [1, 3] }],
    ["both", "group_by=key,status&groupBy=OPERATION", { groupBy: [1, 3, 2] }],
  ])("names of enums are read %s", (_how, query, expected) => {
    expect(queryUsage({ variables: { account_id: "-" }, query })).toMatchObject(expected);
  });

  test.each([
    ["granularity=week", "granularity", "must be one of MINUTE, HOUR, DAY, MONTH"],
    ["granularity=2.5", "granularity", /one of/],
    ["granularity=2147483648", "granularity", /one of/],
    ["group_by=key,,status", "group_by", "must be one of KEY, OPERATION, STATUS, ACCOUNT"],
    ["group_by=", "group_by", /one of/],
    ["granularity=day,hour", "granularity", /one of/],
  ])("%s is refused", (query, field, description) => {
    expect(() => queryUsage({ variables: { account_id: "-" }, query })).toThrow(
      expect.objectContaining({
        fields: [{ field, description: expect.stringMatching(description) }],
      }),
    );
  });

  test("durations are read in seconds", () => {
    const rate = binder(RateSchema, "", []);
    expect(rate({ query: "per=60.5s" })).toMatchObject({ per: { seconds: 60n, nanos: 5e8 } });
    expect(() => rate({ query: "per=1m" })).toThrow(
      "per must be a duration in seconds such as 60s",
    );
  });

  test("a reserved parameter is passed over", () => {
    const variables = { ip_address: "192.0.2.1" };
    expect(getLocation({ variables, query: "api_key=secret" })).toMatchObject({ language: "" });
  });

  test.each([
    ["an unknown parameter", "colour=red", "colour", "is not a query parameter of this call"],
    [
      "one that the path sets",
      "account_id=b",
      "account_id",
      "is not a query parameter of this call",
    ],
    ["one given twice", "page_size=1&page_size=1", "page_size", "is given more than once"],
    ["one given under both names", "page_size=1&pageSize=1", "pageSize", "is given more than once"],
    [
      "text for a number",
      "page_size=ten",
      "page_size",
      "must be a whole number from 0 to 4294967295",
    ],
    ["a number out of range", "page_size=4294967296", "page_size", /whole number/],
    ["a negative number", "page_size=-1", "page_size", /whole number/],
    ["a fraction", "page_size=1.5", "page_size", /whole number/],
    ["a hexadecimal number", "page_size=0x10", "page_size", /whole number/],
    ["an empty number", "page_size=", "page_size", /whole number/],
    [
      "bad percent-encoding in a value",
      "page_token=%zz",
      "page_token",
      "has invalid percent-encoding",
    ],
    ["bad percent-encoding in a name", "%ff=1", "query", "has invalid percent-encoding"],
    ["a name from the prototype", "constructor=1", "constructor", /not a query parameter/],
  ])("%s is refused by name", (_why, query, field, description) => {
    expect(() => listKeys({ variables: { account_id: "a" }, query })).toThrow(
      expect.objectContaining({
        name: "TranscodeError",
        fields: [{ field, description: expect.stringMatching(description) }],
      }),
    );
  });

  test("all mistakes are reported at once", () => {
    const query = "start_time=yesterday&end_time=1&x=y";
    expect(() => queryUsage({ variables: { account_id: "-" }, query })).toThrow(
      expect.objectContaining({
        fields: ["start_time", "end_time", "x"].map((field) => expect.objectContaining({ field })),
      }),
    );
  });

  test("thousands of mistakes give a bounded answer", () => {
    const query = Array.from({ length: 4_000 }, (_, n) => `${"x".repeat(200)}${n}`).join("&");
    const error = thrownBy(() => listKeys({ variables: { account_id: "a" }, query }));
    expect(error.fields).toHaveLength(20);
    expect(error.message.length).toBeLessThan(5_000);
  });
});

test("a rule with a variable that a path cannot set is refused", () => {
  const { input } = GeoService.method.batchGetLocations;
  expect(() => binder(input, "", ["ip_addresses"])).toThrow("names no field");
  expect(() => binder(input, "", ["other"])).toThrow("names no field");
});

test("a rule with a body that names no field, or one that the path sets, is refused", () => {
  const { input } = AuthService.method.createKey;
  expect(() => binder(input, "other", [])).toThrow('"other" names no field');
  expect(() => binder(input, "account_id", ["account_id"])).toThrow('"account_id" names no field');
});

test("any query and body give a message or a TranscodeError", () => {
  const names = fc.constantFrom(
    "page_size",
    "pageToken",
    "api_key",
    "expire_time",
    "scopes",
    "rate",
    "requests",
    "per",
    "%",
    "",
  );
  const query = fc
    .array(fc.tuple(fc.oneof(names, fc.string()), fc.oneof(fc.string(), fc.integer().map(String))))
    .map((pairs) => pairs.map((pair) => pair.join("=")).join("&"));
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()));
  fc.assert(
    fc.property(query, body, (anyQuery, anyBody) => {
      const variables = { account_id: "a" };
      for (const attempt of [
        () => listKeys({ variables, query: anyQuery }),
        () => createKey({ variables, body: anyBody as RequestParts["body"] }),
      ]) {
        try {
          expect(attempt().$typeName).toMatch(/Request$/);
        } catch (error) {
          expect(error).toBeInstanceOf(TranscodeError);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

function thrownBy(attempt: () => unknown): TranscodeError {
  try {
    attempt();
  } catch (error) {
    return error as TranscodeError;
  }
  throw new Error("nothing was thrown");
}

function binder<I extends DescMessage>(input: I, body: string, variableNames: string[]) {
  const bind = createBinder(input, { body, variableNames, reservedParameters: ["api_key"] });
  return (parts: Partial<RequestParts>) =>
    bind({ variables: {}, query: "", body: undefined, ...parts }) as MessageShape<I>;
}
