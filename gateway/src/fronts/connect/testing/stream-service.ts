import {
  create,
  createFileRegistry,
  type DescFile,
  type DescMethod,
  type DescMethodStreaming,
  type DescService,
  type MessageShape,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  file_grpc_health_v1_health,
  HealthCheckRequestSchema,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { createFail } from "../../../http/fail.ts";
import { createTelemetry } from "../../../telemetry/telemetry.ts";
import { startFrontServer } from "../../front-server.ts";
import { toConnectError } from "../connect-error.ts";
import type { AnswerFields } from "../rpc.ts";
import { streamRpc } from "../rpc.ts";
import type { RpcCall } from "../rpc-call.ts";
import { createRpcFront } from "../rpc-front.ts";

/** What all requests and responses of the service are: a message with one text. */
export const TextSchema = HealthCheckRequestSchema;
/** A message with one text, `service`. */
export type Text = MessageShape<typeof TextSchema>;
type TextStream = DescMethodStreaming<typeof TextSchema, typeof TextSchema>;

const TEXT = `.${TextSchema.typeName}`;
const METHODS = [
  { name: "Collect", clientStreaming: true },
  { name: "Spread", serverStreaming: true },
  { name: "Converse", clientStreaming: true, serverStreaming: true },
];

/** A service with every kind of stream, which no contract of ours has. */
export const STREAMS: DescService = serviceOf(file_grpc_health_v1_health);

/** The method of a stream. */
export function streamOf(name: "Collect" | "Spread" | "Converse"): TextStream {
  const method = STREAMS.methods.find((each: DescMethod) => each.name === name);
  return method as TextStream;
}

/** What answers each stream. */
export type AnswerTexts = (
  requests: AsyncIterable<Text>,
  call: RpcCall,
  fields: AnswerFields,
) => AsyncIterable<{ service: string }>;

/** Serves the streams by these answers, on a free port, for messages of up to so many bytes. */
export async function startStreams(
  answers: { collect: AnswerTexts; spread: AnswerTexts; converse: AnswerTexts },
  messageBytesMax: number,
): Promise<{ port: number; logged: string[]; close(): Promise<void> }> {
  const logged: string[] = [];
  const log = createLog({ service: "test", destination: { write: (line) => logged.push(line) } });
  const clock = SYSTEM_CLOCK;
  const telemetry = createTelemetry({ metrics: createMetrics("test"), clock, log });
  const { failures, meters } = telemetry;
  const fail = createFail(failures);
  const rpcOf = (name: Parameters<typeof streamOf>[0], answer: AnswerTexts) =>
    streamRpc(streamOf(name), (call, fields) => (requests) => answer(requests, call, fields));
  const rpcs = [
    rpcOf("Collect", answers.collect),
    rpcOf("Spread", answers.spread),
    rpcOf("Converse", answers.converse),
  ];
  const front = createRpcFront(
    { rpcs, toError: toConnectError, fail, failures, meters, clock },
    { messageBytesMax },
  );
  const { port, close } = await startFrontServer(
    { fronts: [front], fail, telemetry, clock },
    { host: "127.0.0.1", port: 0, trustedProxies: [] },
  );
  return {
    port,
    logged,
    async close() {
      await close();
      telemetry.close();
    },
  };
}

function serviceOf(texts: DescFile): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: "test/streams.proto",
    package: "test.v1",
    syntax: "proto3",
    dependency: [texts.proto.name],
    service: [
      {
        name: "StreamService",
        method: METHODS.map((method) => ({ ...method, inputType: TEXT, outputType: TEXT })),
      },
    ],
  });
  const registry = createFileRegistry(file, (name) =>
    name === texts.proto.name ? texts : undefined,
  );
  const service = registry.getService("test.v1.StreamService");
  if (service === undefined) throw new Error("the service is missing");
  return service;
}
