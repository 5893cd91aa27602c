import { ServerReflection as ReflectionV1 } from "@geomesh/proto/es/grpc/reflection/v1/reflection_pb";
import { ServerReflection as ReflectionV1Alpha } from "@geomesh/proto/es/grpc/reflection/v1alpha/reflection_pb";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { Counter, Histogram } from "prom-client";
import { cannotListen } from "../listen.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { bindMethod } from "./bind.ts";
import { esDefinition } from "./es-definition.ts";
import { type Implemented, implement } from "./implement.ts";
import { type ReflectionRequest, type ReflectionResponse, Reflector } from "./reflection.ts";
import { requestChecks } from "./validation.ts";

export { implement };

const HEALTH = "grpc.health.v1.Health";

export interface GrpcServerOptions {
  readonly host?: string;
  readonly port: number;
  readonly services: readonly Implemented[];
  /** A serialized FileDescriptorSet with the services and all they import. */
  readonly descriptors: Uint8Array;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Largest message in either direction, default 4 MiB. */
  readonly messageBytesMax?: number;
  /** Calls under way on one connection, default 1,000. */
  readonly concurrentStreamsMax?: number;
  /** Longest time a call may take, default 30 s; a caller's own deadline may be shorter. */
  readonly callDeadlineMsMax?: number;
}

export interface GrpcServer {
  readonly port: number;
  /** What the health service says; calls are refused with UNAVAILABLE while it is false, as it is at first. */
  setServing(serving: boolean): void;
  /** Says NOT_SERVING, lets calls under way end for `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts a gRPC server with health, reflection (v1 and v1alpha), checks of the contracts' rules, deadlines, keepalive and
 * metrics around the services. Errors: AppError when the port cannot be had.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { services, log, messageBytesMax = 4 * 1024 * 1024 } = options;
  const server = new Server({
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
    "grpc.max_concurrent_streams": options.concurrentStreamsMax ?? 1_000,
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.max_connection_idle_ms": 3_600_000,
  });
  const names = services.map(({ typeName }) => typeName);
  let serving = false;

  addServices(server, options, () => serving);
  addReflection(server, new Reflector(options.descriptors, [...names, HEALTH]));
  const health = new HealthImplementation(
    Object.fromEntries(["", ...names].map((name) => [name, "NOT_SERVING" as const])),
  );
  health.addToServer(server);
  const setServing = (value: boolean) => {
    serving = value;
    for (const name of ["", ...names]) health.setStatus(name, value ? "SERVING" : "NOT_SERVING");
  };

  const port = await bind(server, options.host ?? "127.0.0.1", options.port);
  return {
    port,
    setServing,
    async close(graceMs = 5_000) {
      setServing(false);
      const cut = setTimeout(() => {
        log.warn("cutting calls that did not end in time");
        server.forceShutdown();
      }, graceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(cut);
    },
  };
}

function addServices(server: Server, options: GrpcServerOptions, isServing: () => boolean): void {
  const registers = [options.metrics.registry];
  const handled = new Counter({
    name: "grpc_server_handled_total",
    help: "Calls that ended, by method and status code.",
    labelNames: ["method", "code"],
    registers,
  });
  const handling = new Histogram({
    name: "grpc_server_handling_seconds",
    help: "Time from the start of a call to its end.",
    labelNames: ["method"],
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const checkOf = requestChecks(options.descriptors);
  const onHandled = (method: string, code: status, seconds: number) => {
    handled.inc({ method, code: status[code] });
    handling.observe({ method }, seconds);
  };
  const { log, callDeadlineMsMax = 30_000 } = options;
  for (const { methods } of options.services) {
    const bound = methods.map(({ definition, handler }) => {
      const check = checkOf(definition.path);
      return bindMethod(definition, handler, {
        check,
        isServing,
        log,
        callDeadlineMsMax,
        onHandled,
      });
    });
    const byPath = <T>(value: (method: (typeof bound)[number]) => T) =>
      Object.fromEntries(bound.map((method) => [method.definition.path, value(method)]));
    server.addService(
      byPath((method) => method.definition),
      byPath((method) => method.handle),
    );
  }
}

function addReflection(server: Server, reflector: Reflector): void {
  type Call = ServerDuplexStream<ReflectionRequest, ReflectionResponse>;
  const serverReflectionInfo = (call: Call) => {
    call.on("data", (request: ReflectionRequest) => call.write(reflector.answer(request)));
    call.on("end", () => call.end());
    call.on("error", () => call.end());
  };
  for (const version of [ReflectionV1, ReflectionV1Alpha]) {
    server.addService(esDefinition(version), { serverReflectionInfo });
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(cannotListen(host, port, withCode(error)));
    });
  });
}

/** grpc-js puts the system's code into the text alone. */
function withCode(error: Error): Error {
  return Object.assign(error, { code: /\b(E[A-Z]+)\b/.exec(error.message)?.[1] });
}
