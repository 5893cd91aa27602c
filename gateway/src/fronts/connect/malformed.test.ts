import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import {
  GeoService,
  GetLocationRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { ServerReflection } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { isReason } from "@geomesh/terms/reasons";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { callRaw, envelope, type RawProtocol } from "./testing/raw-rpc.ts";

const GET_LOCATION = `/${GeoService.typeName}/GetLocation`;
const CREATE_KEY = `/${AuthService.typeName}/CreateKey`;
const MESSAGE = toBinary(
  GetLocationRequestSchema,
  create(GetLocationRequestSchema, { ipAddress: "192.0.2.1" }),
);
const MIB = 1024 * 1024;
const BOMB = gzipSync(Buffer.alloc(64 * MIB));

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  fronts.logged.length = 0;
});

/** What is wrong, what is sent, and what the caller is told. */
type Row = readonly [
  what: string,
  sent: { body: Uint8Array | string; headers?: Record<string, string>; path?: string },
  code: Code,
  reason: string,
];

const ENVELOPED: readonly Row[] = [
  ["no message", { body: "" }, Code.Unimplemented, "RPC_NOT_SERVED"],
  [
    "two messages",
    { body: Buffer.concat([envelope(MESSAGE), envelope(MESSAGE)]) },
    Code.Unimplemented,
    "RPC_NOT_SERVED",
  ],
  ["half a head", { body: Buffer.alloc(3) }, Code.InvalidArgument, "MALFORMED_REQUEST"],
  [
    "a cut message",
    { body: envelope(MESSAGE, 0, MESSAGE.length + 1) },
    Code.InvalidArgument,
    "MALFORMED_REQUEST",
  ],
  [
    "a length that is too short",
    { body: envelope(MESSAGE, 0, 3) },
    Code.InvalidArgument,
    "MALFORMED_REQUEST",
  ],
  ["unknown flags", { body: envelope(MESSAGE, 0x82) }, Code.InvalidArgument, "MALFORMED_REQUEST"],
  [
    "a stated length beyond the limit",
    { body: envelope(MESSAGE, 0, MIB + 1) },
    Code.ResourceExhausted,
    "BODY_TOO_LARGE",
  ],
  [
    "a message beyond the limit",
    { body: envelope(Buffer.alloc(MIB + 1)) },
    Code.ResourceExhausted,
    "BODY_TOO_LARGE",
  ],
  [
    "a compressed message without its compression",
    { body: envelope(gzipSync(MESSAGE), 1) },
    Code.InvalidArgument,
    "MALFORMED_REQUEST",
  ],
  [
    "a compression that is none",
    { body: envelope(MESSAGE, 1), headers: { "grpc-encoding": "gzip" } },
    Code.InvalidArgument,
    "MALFORMED_REQUEST",
  ],
  [
    "a compression that is cut",
    { body: envelope(gzipSync(MESSAGE).subarray(0, 20), 1), headers: { "grpc-encoding": "gzip" } },
    Code.InvalidArgument,
    "MALFORMED_REQUEST",
  ],
  [
    "a bomb",
    { body: envelope(BOMB, 1), headers: { "grpc-encoding": "gzip" } },
    Code.ResourceExhausted,
    "BODY_TOO_LARGE",
  ],
  [
    "an unknown compression",
    { body: envelope(MESSAGE), headers: { "grpc-encoding": "zstd" } },
    Code.Unimplemented,
    "CONTENT_CODING_UNSUPPORTED",
  ],
  ["no protobuf", { body: envelope("\x0f{") }, Code.InvalidArgument, "MALFORMED_REQUEST"],
  [
    "a timeout that is none",
    { body: envelope(MESSAGE), headers: { "grpc-timeout": "soon" } },
    Code.InvalidArgument,
    "INVALID_ARGUMENT",
  ],
  [
    "nine digits of timeout",
    { body: envelope(MESSAGE), headers: { "grpc-timeout": "123456789m" } },
    Code.InvalidArgument,
    "INVALID_ARGUMENT",
  ],
];

const ROWS: Readonly<Record<RawProtocol, readonly Row[]>> = {
  grpc: [
    ...ENVELOPED,
    [
      "JSON that is none",
      { body: envelope("{"), headers: { "content-type": "application/grpc+json" } },
      Code.InvalidArgument,
      "INVALID_ARGUMENT",
    ],
    [
      "an unknown subtype",
      { body: envelope(MESSAGE), headers: { "content-type": "application/grpc+xml" } },
      Code.InvalidArgument,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    [
      "no protobuf, without a key",
      { body: envelope("\x0f{"), headers: { "x-api-key": "other" } },
      Code.Unauthenticated,
      "KEY_INVALID",
    ],
    [
      "no protobuf for health",
      { body: envelope("\x0f{"), path: `/${Health.typeName}/Check` },
      Code.InvalidArgument,
      "MALFORMED_REQUEST",
    ],
    [
      "no protobuf for a watch",
      { body: envelope("\x0f{"), path: `/${Health.typeName}/Watch` },
      Code.InvalidArgument,
      "MALFORMED_REQUEST",
    ],
    [
      "no protobuf for reflection",
      {
        body: envelope("\x0f{"),
        path: `/${ServerReflection.typeName}/ServerReflectionInfo`,
      },
      Code.InvalidArgument,
      "MALFORMED_REQUEST",
    ],
    [
      "a cut message for reflection",
      {
        body: envelope(MESSAGE, 0, 100),
        path: `/${ServerReflection.typeName}/ServerReflectionInfo`,
      },
      Code.InvalidArgument,
      "MALFORMED_REQUEST",
    ],
  ],
  "grpc-web": ENVELOPED,
  "grpc-web-text": [
    ...ENVELOPED.map(([what, { body, ...sent }, ...told]): Row => {
      return [what, { ...sent, body: Buffer.from(body as never).toString("base64") }, ...told];
    }),
    ["no base64", { body: "AAAA!AAA" }, Code.InvalidArgument, "MALFORMED_REQUEST"],
    ["a letter too many", { body: "AAAAA" }, Code.InvalidArgument, "MALFORMED_REQUEST"],
  ],
  connect: [
    ["no protobuf", { body: "\x0f{" }, Code.InvalidArgument, "MALFORMED_REQUEST"],
    [
      "a message beyond the limit",
      { body: Buffer.alloc(MIB + 1) },
      Code.ResourceExhausted,
      "BODY_TOO_LARGE",
    ],
    [
      "a compression that is none",
      { body: MESSAGE, headers: { "content-encoding": "gzip" } },
      Code.InvalidArgument,
      "MALFORMED_REQUEST",
    ],
    [
      "a bomb",
      { body: BOMB, headers: { "content-encoding": "gzip" } },
      Code.ResourceExhausted,
      "BODY_TOO_LARGE",
    ],
    [
      "an unknown compression",
      { body: MESSAGE, headers: { "content-encoding": "zstd" } },
      Code.Unimplemented,
      "CONTENT_CODING_UNSUPPORTED",
    ],
    [
      "a timeout that is none",
      { body: MESSAGE, headers: { "connect-timeout-ms": "-1" } },
      Code.InvalidArgument,
      "INVALID_ARGUMENT",
    ],
    ...(
      [
        ["JSON that is none", "{", "INVALID_ARGUMENT"],
        [
          "JSON that is not UTF-8",
          Buffer.from('{"ip_address":"\xff"}', "latin1"),
          "INVALID_ARGUMENT",
        ],
        ["a list", "[]", "INVALID_ARGUMENT"],
        ["a value of another type", '{"ip_address":5}', "INVALID_ARGUMENT"],
        ["an unknown field", '{"colour":"red"}', "INVALID_ARGUMENT"],
        ["a lone surrogate in a name", '{"\\ud800":1}', "INVALID_ARGUMENT"],
      ] as const
    ).map(([what, body, reason]): Row => {
      const headers = { "content-type": "application/json" };
      return [what, { body, headers }, Code.InvalidArgument, reason];
    }),
  ],
};

describe.each(Object.entries(ROWS) as [RawProtocol, readonly Row[]][])(
  "by %s",
  (protocol, rows) => {
    test.each(rows)("%s is told with its reason", async (_what, sent, code, reason) => {
      const answer = await callRaw(fronts.port, protocol, { path: GET_LOCATION, ...sent });
      expect(answer).toMatchObject({ code, reason });
      if (protocol !== "connect") expect(answer.httpStatus).toBe(200);
      expect(fronts.invocations).toEqual([]);
      expect(fronts.logged).toEqual([]);
    });

    test("a good call is answered, compressed or not", async () => {
      const encoding = protocol === "connect" ? "content-encoding" : "grpc-encoding";
      for (const isCompressed of [false, true]) {
        const bytes = isCompressed ? gzipSync(MESSAGE) : MESSAGE;
        const framed = protocol === "connect" ? bytes : envelope(bytes, Number(isCompressed));
        const answer = await callRaw(fronts.port, protocol, {
          path: GET_LOCATION,
          body: protocol === "grpc-web-text" ? framed.toString("base64" as never) : framed,
          headers: isCompressed ? { [encoding]: "gzip" } : {},
        });
        expect(answer).toMatchObject({ httpStatus: 200, code: 0 });
        const accepts = protocol === "connect" ? "accept-encoding" : "grpc-accept-encoding";
        expect(answer.headers[accepts]).toBe("gzip,br");
      }
      expect(fronts.invocations).toMatchObject([
        { request: { ipAddress: "192.0.2.1" } },
        { request: { ipAddress: "192.0.2.1" } },
      ]);
    });

    test("any bytes are an answer or the client's mistake, never a defect", async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some)),
        fc.uint8Array({ maxLength: 64 }).map((some) => envelope(some)),
        fc
          .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(255), fc.nat(2 ** 32 - 1))
          .map(([some, flags, length]) => envelope(some, flags, length)),
        fc
          .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(100))
          .map(([some, cut]) => envelope(gzipSync(some).subarray(0, cut), 1)),
        fc.nat(MESSAGE.length + 5).map((cut) => envelope(MESSAGE).subarray(0, cut)),
      );
      const headers = fc.constantFrom({}, { "grpc-encoding": "gzip" }, { "grpc-encoding": "br" });
      await fc.assert(
        fc.asyncProperty(bytes, headers, fc.boolean(), async (body, some, isBase64) => {
          const isText = protocol === "grpc-web-text" && isBase64;
          const sent = { body: isText ? body.toString("base64") : body, headers: some };
          const answer = await callRaw(fronts.port, protocol, { path: GET_LOCATION, ...sent });
          expect([0, 3, 8, 12]).toContain(answer.code);
          if (answer.code !== 0) expect(isReason(answer.reason ?? "")).toBe(true);
        }),
        { numRuns: 60 },
      );
      expect(fronts.logged).toEqual([]);
    });
  },
);

describe("a Connect call by GET", () => {
  const get = async (query: Record<string, string>) => {
    const path = `${GET_LOCATION}?${new URLSearchParams(query)}`;
    const { status, body } = await http1(fronts.port, { path, headers: { "x-api-key": TEST_KEY } });
    return { status, json: JSON.parse(body) };
  };

  test.each([
    ["no encoding", { message: "{}" }],
    ["an unknown encoding", { message: "{}", encoding: "xml" }],
    ["JSON that is none", { message: "{", encoding: "json" }],
    ["no base64", { message: "!!!", encoding: "proto", base64: "1" }],
    ["no protobuf", { message: "Dw", encoding: "proto", base64: "1" }],
    [
      "a compression that is none",
      { message: "e30", encoding: "json", base64: "1", compression: "gzip" },
    ],
  ])("with %s is the client's mistake", async (_what, query) => {
    const { status, json } = await get(query as Record<string, string>);
    expect([status, json.code]).toEqual([400, "invalid_argument"]);
    expect(json.details[0].type).toBe("google.rpc.ErrorInfo");
  });

  test("may be compressed", async () => {
    const message = gzipSync('{"ip_address":"192.0.2.1"}').toString("base64url");
    const { status } = await get({ encoding: "json", base64: "1", compression: "gzip", message });
    expect(status).toBe(200);
    expect(fronts.invocations).toMatchObject([{ request: { ipAddress: "192.0.2.1" } }]);
  });
});

describe("times that no calendar has", () => {
  const json = { "content-type": "application/json" };

  test.each(["2027-02-29T00:00:00Z", "2027-01-01T24:00:00Z", "2026-12-31T23:59:60Z"])(
    "%s is refused by Connect with the name of its field",
    async (time) => {
      const body = JSON.stringify({ account_id: "-", key: { name: "n", expire_time: time } });
      const answer = await callRaw(fronts.port, "connect", {
        path: CREATE_KEY,
        body,
        headers: json,
      });
      expect(answer).toMatchObject({ httpStatus: 400, code: Code.InvalidArgument });
      expect(answer.message).toMatch(/^key\.expire_time must be a time such as/);
      expect(fronts.invocations).toEqual([]);
    },
  );

  test("and by REST", async () => {
    const { status, body } = await http1(fronts.port, {
      method: "POST",
      path: "/v1/accounts/-/keys",
      headers: { ...json, "x-api-key": TEST_KEY },
      body: '{"name":"n","expire_time":"2027-02-29T00:00:00Z"}',
    });
    expect(status).toBe(400);
    expect(JSON.parse(body).errors).toMatchObject([{ field: "expire_time" }]);
    const query = await http1(fronts.port, {
      path: "/v1/accounts/-/usage?start_time=2027-02-29T00:00:00Z",
      headers: { "x-api-key": TEST_KEY },
    });
    expect(query.status).toBe(400);
    expect(JSON.parse(query.body).errors).toMatchObject([{ field: "start_time" }]);
  });

  test("and in binary, where any number of seconds can stand", async () => {
    const { input } = AuthService.method.createKey;
    for (const expireTime of [
      { seconds: 253_402_300_800n, nanos: 0 },
      { seconds: -62_135_596_801n, nanos: 0 },
      { seconds: 0n, nanos: 1_000_000_000 },
      { seconds: 0n, nanos: -1 },
    ]) {
      const body = toBinary(input, create(input, { key: { name: "n", expireTime } }));
      const answer = await callRaw(fronts.port, "connect", { path: CREATE_KEY, body });
      expect(answer).toMatchObject({ httpStatus: 400, code: Code.InvalidArgument });
      expect(answer.message).toBe("key.expire_time must be a time from the year 1 to 9999");
    }
    expect(fronts.invocations).toEqual([]);
  });
});
