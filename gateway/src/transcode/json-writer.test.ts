import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema, FloatValueSchema } from "@bufbuild/protobuf/wkt";
import { AccountSchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import {
  BatchGetLocationsResponseSchema,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import {
  CountryFactsSchema,
  LocationSchema,
  NamesSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { FileDescriptorResponseSchema } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJsonWriter, createMembersWriter } from "./json-writer.ts";

function writerOf<D extends DescMessage>(desc: D): (message: MessageShape<D>) => string {
  const write = createJsonWriter(desc);
  return (message) => write(toBinary(desc, message));
}

const writeLocation = writerOf(LocationSchema);
const parsed = (bytes: string) =>
  JSON.parse(Buffer.from(bytes, "latin1").toString()) as Record<string, unknown>;

describe("a JSON writer", () => {
  it("writes every key of a location, with null for unset values but not for unset messages", () => {
    const location = create(LocationSchema, { ipAddress: "192.0.2.1", network: "192.0.2.0/24" });
    const json = parsed(writeLocation(location));
    expect(Object.keys(json)).toEqual(LocationSchema.fields.map((field) => field.name));
    expect(json).toMatchObject({
      ip_address: "192.0.2.1",
      latitude: null,
      country_is_eu: null,
      is_overridden: null,
      connection: { autonomous_system_number: null, domain: null },
      timezone: { gmt_offset: null },
    });
  });

  it("writes any location so that the standard reader gets back the same message", () => {
    fc.assert(
      fc.property(locations(), (init) => {
        // As all objects in the answer are, these are written where they are empty too.
        const objects = { names: create(NamesSchema), countryFacts: create(CountryFactsSchema) };
        const location = create(LocationSchema, { ...init, ...objects });
        expect(fromJson(LocationSchema, parsed(writeLocation(location)) as JsonValue)).toEqual(
          location,
        );
      }),
      { seed: 10, numRuns: 30 },
    );
  });

  it("writes 64-bit integers as strings and enums by name", () => {
    const plan = create(PlanSchema, { monthlyQuota: 2n ** 62n, quotaMode: QuotaMode.HARD });
    expect(parsed(writerOf(PlanSchema)(plan))).toMatchObject({
      monthly_quota: "4611686018427387904",
      quota_mode: "HARD",
      batch_size_max: 0,
    });
  });

  it("keeps the number of an enum value that the contract does not know", () => {
    const plan = create(PlanSchema, { quotaMode: 77 as QuotaMode });
    expect(parsed(writerOf(PlanSchema)(plan))).toMatchObject({ quota_mode: 77 });
  });

  it("writes times in RFC 3339 and unset times as null", () => {
    const account = create(AccountSchema, { createTime: { seconds: 1_700_000_000n, nanos: 5e8 } });
    expect(parsed(writerOf(AccountSchema)(account))).toMatchObject({
      create_time: "2023-11-14T22:13:20.500Z",
      update_time: null,
    });
  });

  it("writes durations in seconds", () => {
    const keyRate = { requests: 30, per: { seconds: 60n, nanos: 5e8 } };
    const plan = create(PlanSchema, { keyRate });
    expect(parsed(writerOf(PlanSchema)(plan))["key_rate"]).toEqual({
      requests: 30,
      per: "60.500s",
      burst: 0,
    });
  });

  it("writes an unset optional message as null, and any other as an object of unset values", () => {
    expect(parsed(writerOf(PlanSchema)(create(PlanSchema)))).toMatchObject({
      key_rate: { requests: 0, per: null, burst: 0 },
      account_rate: null,
    });
    const plan = create(PlanSchema, { accountRate: { requests: 2 } });
    expect(parsed(writerOf(PlanSchema)(plan))).toMatchObject({
      account_rate: { requests: 2, per: null, burst: 0 },
    });
  });

  it("writes a member of a oneof only when it is set", () => {
    const response = create(BatchGetLocationsResponseSchema, {
      results: [
        { result: { case: "error", value: { ipAddress: "x", code: "c", message: "m" } } },
        {},
      ],
    });
    expect(parsed(writerOf(BatchGetLocationsResponseSchema)(response))).toEqual({
      results: [{ error: { ip_address: "x", code: "c", message: "m" } }, {}],
    });
  });

  it("writes numbers that are not finite as strings, and negative zero with its sign", () => {
    const location = create(LocationSchema, { latitude: Number.NaN, longitude: -Infinity });
    expect(parsed(writeLocation(location))).toMatchObject({
      latitude: "NaN",
      longitude: "-Infinity",
    });
    expect(writeLocation(create(LocationSchema, { latitude: -0 }))).toContain('"latitude":-0,');
  });

  it("writes bytes in base64", () => {
    const files = create(FileDescriptorResponseSchema, {
      fileDescriptorProto: [new Uint8Array([255, 0])],
    });
    expect(parsed(writerOf(FileDescriptorResponseSchema)(files))).toEqual({
      file_descriptor_proto: ["/wA="],
    });
  });

  it("writes texts of any length, one after another", () => {
    const write = writerOf(BatchGetLocationsResponseSchema);
    for (const count of [1, 2_000, 0, 3]) {
      const results = Array.from({ length: count }, (_, n) => ({
        result: { case: "location" as const, value: { city: "é".repeat(n % 200) } },
      }));
      const { results: read } = parsed(
        write(create(BatchGetLocationsResponseSchema, { results })),
      ) as { results: { location: { city: string } }[] };
      expect(read.map(({ location }) => location.city)).toEqual(
        results.map(({ result }) => result.value.city),
      );
    }
  });

  it("writes one field alone where asked, and an unset one as an object of nulls", () => {
    const { location } = GetLocationResponseSchema.field;
    const write = createJsonWriter(GetLocationResponseSchema, location as never);
    const response = create(GetLocationResponseSchema, { location: { city: "Łódź" } });
    expect(parsed(write(toBinary(GetLocationResponseSchema, response)))).toMatchObject({
      city: "Łódź",
      country: null,
    });
    expect(parsed(write(new Uint8Array()))).toMatchObject({ city: null, is_overridden: null });
  });

  it("skips unknown fields, and takes the last of a repeated one", () => {
    const unknown = new BinaryWriter().tag(1_000, WireType.LengthDelimited).string("?").finish();
    const plan = (name: string) => toBinary(PlanSchema, create(PlanSchema, { name }));
    const bytes = Buffer.concat([plan("first"), unknown, plan("last")]);
    expect(parsed(createJsonWriter(PlanSchema)(bytes))).toMatchObject({ name: "last" });
  });

  it("fails for bytes that are not a message, wherever they were cut", () => {
    const init = { ipAddress: "192.0.2.1", latitude: 1.5, timezone: { name: "Europe/London" } };
    const whole = toBinary(LocationSchema, create(LocationSchema, init));
    const write = createJsonWriter(LocationSchema);
    for (let length = 0; length < whole.length; length++) {
      const attempt = () => parsed(write(whole.slice(0, length)));
      try {
        expect(Object.keys(attempt())).toHaveLength(LocationSchema.fields.length);
      } catch (error) {
        expect((error as Error).message).toContain("not a serialized message");
      }
    }
  });

  it("writes maps, and types that contain themselves with null where they are not set", () => {
    const info = create(ErrorInfoSchema, { metadata: { b: "1", a: '"' } });
    expect(writerOf(ErrorInfoSchema)(info)).toBe(
      '{"reason":"","domain":"","metadata":{"b":"1","a":"\\""}}',
    );
    const file = create(FileDescriptorProtoSchema, { messageType: [{ name: "Outer" }] });
    expect(parsed(writerOf(FileDescriptorProtoSchema)(file))).toMatchObject({
      message_type: [{ name: "Outer", nested_type: [] }],
    });
  });

  it("refuses a field of another type", () => {
    const [foreign] = PlanSchema.fields;
    expect(() => createJsonWriter(LocationSchema, foreign)).toThrow("has no field");
    expect(() => createMembersWriter(LocationSchema, PlanSchema.fields)).toThrow("has no field");
  });

  it.each([
    [0.1, "0.1"],
    [-2.5, "-2.5"],
    [1 / 3, "0.33333334"],
    [16_777_216, "16777216"],
    [123_456_789, "123456790"],
    [1e10, "10000000000"],
    [3.4028234663852886e38, "3.4028235e+38"],
    [2 ** -126, "1.1754944e-38"],
    [2 ** -149, "1e-45"],
    [-0, "-0"],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
  ])("writes the float %d as %s, the shortest text of it", (value, text) => {
    const json = writerOf(FloatValueSchema)(create(FloatValueSchema, { value }));
    expect(json).toBe(text);
    if (Number.isFinite(value)) expect(Math.fround(Number(json))).toBe(Math.fround(value));
  });
});

describe("createMembersWriter", () => {
  const { fields } = LocationSchema;

  it("writes, cut anywhere, what the writer of the whole message writes", () => {
    const cut = fc.nat(fields.length);
    fc.assert(
      fc.property(locations(), cut, (init, at) => {
        const bytes = toBinary(LocationSchema, create(LocationSchema, init));
        const members = [fields.slice(0, at), fields.slice(at)]
          .map((some) => createMembersWriter(LocationSchema, some)(bytes))
          .join("");
        expect(`{${members.slice(1)}}`).toBe(createJsonWriter(LocationSchema)(bytes));
      }),
      { seed: 10, numRuns: 30 },
    );
  });

  it("writes unset members of an empty message, and nothing for no fields", () => {
    const write = createMembersWriter(LocationSchema, fields.slice(-1));
    expect(write(new Uint8Array())).toBe(',"is_overridden":null');
    expect(createMembersWriter(LocationSchema, [])(new Uint8Array())).toBe("");
  });
});

/** Locations whose nested messages are all set, as an unset one reads back as an empty one. */
function locations(): fc.Arbitrary<MessageInitShape<typeof LocationSchema>> {
  const text = fc.string({ unit: ANY_CHARACTER });
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const degrees = maybe(fc.double({ noNaN: true, noDefaultInfinity: true }));
  const id = maybe(fc.nat());
  return fc.record({
    ipAddress: text,
    city: maybe(text),
    cityGeonameId: id,
    countryIsEu: maybe(fc.boolean()),
    latitude: degrees.map((value) => (Object.is(value, -0) ? 0 : value)),
    longitude: degrees.map((value) => (Object.is(value, -0) ? 0 : value)),
    timezone: fc.record({ name: maybe(text), utcOffsetSeconds: maybe(fc.integer()) }),
    flag: fc.record({ emoji: maybe(text) }),
    currency: fc.record({ currencySymbol: maybe(text) }),
    connection: fc.record({ autonomousSystemNumber: id }),
    security: fc.record({ isVpn: maybe(fc.boolean()) }),
    isOverridden: fc.boolean(),
  });
}
