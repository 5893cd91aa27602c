import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { describe, expect, test } from "vitest";
import { createBinder, type RequestParts } from "./bind.ts";

const batch = binder(GeoService.method.batchGetLocations.input, "*", []);
const createPlan = binder(AuthService.method.createPlan.input, "plan", []);
const revokeKey = binder(AuthService.method.revokeKey.input, "*", ["account_id", "key_id"]);
const createKey = binder(AuthService.method.createKey.input, "key", ["account_id"]);

describe("a body", () => {
  test("sets fields by their names in the contract or in JSON", () => {
    const body = { ip_addresses: ["a", "b"], language: "de" };
    const expected = { ipAddresses: ["a", "b"], language: "de" };
    expect(batch({ body })).toMatchObject(expected);
    expect(batch({ body: { ipAddresses: ["a", "b"], language: "de" } })).toMatchObject(expected);
  });

  test("takes 64-bit integers as text and null for what is unset", () => {
    const body = { monthly_quota: "9007199254740993", name: null, quota_mode: "SOFT" };
    expect(createPlan({ body })).toMatchObject({
      plan: { monthlyQuota: 9007199254740993n, name: "", quotaMode: 2 },
    });
  });

  test("is bound together with the path", () => {
    const variables = { account_id: "a" };
    expect(createKey({ variables, body: { name: "n" } })).toMatchObject({
      accountId: "a",
      key: { name: "n" },
    });
  });

  test("may hold messages, and durations in seconds; null is unset", () => {
    const rate = { requests: 30, per: "60s" };
    const body = { key_rate: rate, accountRate: null };
    expect(createPlan({ body }).plan).toMatchObject({
      keyRate: { requests: 30, per: { seconds: 60n } },
    });
    expect(createPlan({ body }).plan?.accountRate).toBeUndefined();
    expect(createKey({ variables: { account_id: "a" }, body: { rate: {} } }).key?.rate).toEqual(
      create(RateSchema),
    );
  });

  test("that is empty sets the message that it stands for, so that its rules are checked", () => {
    expect(createKey({ variables: { account_id: "a" }, body: {} }).key).toBeDefined();
  });

  test.each([
    ["a list", [1], "body", "must be a JSON object"],
    ["null", null, "body", "must be a JSON object"],
    ["a string", "x", "body", "must be a JSON object"],
    ["an unknown field", { colour: 1 }, "colour", "is not a field of this call"],
    ["a field of the prototype", JSON.parse('{"__proto__":{}}'), "__proto__", /not a field/],
    [
      "a number for a list",
      { scopes: 5 },
      "scopes",
      "must be a list; each element must be a string",
    ],
    ["a wrong element", { scopes: [5] }, "scopes", "must be a list; each element must be a string"],
    ["a wrong number", { rate: { burst: -1 } }, "rate.burst", /must be a whole number from 0/],
    [
      "a wrong duration",
      { rate: { per: 60 } },
      "rate.per",
      "must be a duration in seconds such as 60s",
    ],
    [
      "an unknown field inside",
      { rate: { colour: 1 } },
      "rate.colour",
      "is not a field of this call",
    ],
    ["a number for an object", { rate: 5 }, "rate", "must be an object of the documented form"],
    ["a list for an object", { rate: [] }, "rate", "must be an object of the documented form"],
    ["a wrong time", { expire_time: "soon" }, "expire_time", /must be a time such as/],
    [
      "a day that its month has not",
      { expire_time: "2027-02-29T00:00:00Z" },
      "expire_time",
      /must be a time such as/,
    ],
    [
      "a duration with something behind it",
      { rate: { requests: 1, per: "60s later" } },
      "rate.per",
      /must be a duration in seconds/,
    ],
    [
      "one field under two names",
      { not_before_time: null, notBeforeTime: null },
      "notBeforeTime",
      /twice/,
    ],
    [
      "the name of the message that it stands for",
      { key: {} },
      "key",
      "is not a field of this call",
    ],
  ])("with %s is refused by name", (_why, body, field, description) => {
    expect(() => createKey({ variables: { account_id: "a" }, body })).toThrow(
      expect.objectContaining({
        name: "TranscodeError",
        fields: [{ field, description: expect.stringMatching(description) }],
      }),
    );
  });

  test("with a name that an enum has not is told the names that a caller may use", () => {
    expect(() => createPlan({ body: { quota_mode: "NOPE" } })).toThrow(
      "quota_mode must be one of HARD, SOFT",
    );
  });

  test("for the whole request must not have a field of the path", () => {
    const variables = { account_id: "a", key_id: "k" };
    expect(() => revokeKey({ variables, body: { account_id: "b" } })).toThrow(
      "account_id belongs in the path",
    );
  });

  test("excludes query parameters", () => {
    expect(() => batch({ query: "language=de", body: {} })).toThrow("language is not a query");
  });

  test("has its mistakes reported together with those of the query", () => {
    expect(() => batch({ query: "a=1", body: { b: 1, ip_addresses: 2 } })).toThrow(
      expect.objectContaining({
        fields: ["a", "b", "ip_addresses"].map((field) => expect.objectContaining({ field })),
      }),
    );
  });
});

function binder<I extends DescMessage>(input: I, body: string, variableNames: string[]) {
  const bind = createBinder(input, { body, variableNames, reservedParameters: ["api_key"] });
  return (parts: Partial<RequestParts>) =>
    bind({ variables: {}, query: "", body: undefined, ...parts }) as MessageShape<I>;
}
