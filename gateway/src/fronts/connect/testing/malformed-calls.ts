import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  GeoService,
  GetLocationRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { ServerReflection } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { envelope, type RawProtocol } from "./raw-rpc.ts";

/** The RPC that the malformed calls are for, where they name no other. */
export const GET_LOCATION = `/${GeoService.typeName}/GetLocation`;
/** A message of it that is well formed. */
export const MESSAGE = toBinary(
  GetLocationRequestSchema,
  create(GetLocationRequestSchema, { ipAddress: "192.0.2.1" }),
);
const MIB = 1024 * 1024;
const BOMB = gzipSync(Buffer.alloc(64 * MIB));

/** What is wrong, what is sent, and what the caller is told. */
export type MalformedCall = readonly [
  what: string,
  sent: { body: Uint8Array | string; headers?: Record<string, string>; path?: string },
  code: Code,
  reason: string,
];

const ENVELOPED: readonly MalformedCall[] = [
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

/** What each protocol can get wrong. */
export const MALFORMED: Readonly<Record<RawProtocol, readonly MalformedCall[]>> = {
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
    ...ENVELOPED.map(([what, { body, ...sent }, ...told]): MalformedCall => {
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
    ).map(([what, body, reason]): MalformedCall => {
      const headers = { "content-type": "application/json" };
      return [what, { body, headers }, Code.InvalidArgument, reason];
    }),
  ],
};
