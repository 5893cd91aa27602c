import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Caller, NO_CALLERS } from "../trust/callers.ts";
import { createIdentify, type Identify } from "../trust/identify.ts";
import type { TlsFiles } from "../trust/tls-files.ts";
import { type AddService, bind } from "./bind.ts";
import type { ServerScope } from "./bound-method.ts";
import { openDoors } from "./doors.ts";
import { Health } from "./health.ts";
import type { Implemented } from "./implement.ts";
import { mendStreams, permitResets } from "./mend-streams.ts";
import { reflectionServices } from "./reflection-services.ts";
import { requirePolicy } from "./require-policy.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { requestChecks } from "./validation.ts";

export { type CallContext, type Handlers, type Implemented, implement } from "./implement.ts";

/** What a server serves and how. */
export interface GrpcServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 lets the system choose one. */
  readonly port: number;
  /** A Unix socket beside the port, in a directory of mode 0700 of this user; default none. */
  readonly socketPath?: string;
  /** The port then speaks TLS. Default is cleartext, as the socket always is. */
  readonly tls?: TlsFiles | undefined;
  /** Default knows nobody, so that only RPCs for anyone are answered. */
  readonly identify?: Identify;
  readonly services: readonly Implemented[];
  /** A FileDescriptorSet with the services, for reflection and for the rules of their requests. */
  readonly descriptors: Uint8Array;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Largest request, in bytes; default 4 MiB. */
  readonly messageBytesMax?: number;
  /** Most concurrent calls of one connection; default 1,000. */
  readonly concurrentStreamsMax?: number;
  /** Longest call, in milliseconds; default 30,000. Bidirectional and unbounded streams may last longer. */
  readonly callDeadlineMsMax?: number;
  /** Times calls for the metrics. Default is the clock of the machine. */
  readonly clock?: Clock;
}

/** A server that accepts calls. */
export interface GrpcServer {
  readonly port: number;
  /** Sets what the health service says. While false, as at first, calls are refused with NOT_SERVING. */
  setServing(serving: boolean): void;
  /** Stops accepting calls, lets open ones end, and breaks those that are left after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
}

const ANYONE: ReadonlySet<Caller> = new Set([Access_Caller.ANYONE]);

/**
 * Serves gRPC, with health and reflection. Errors: CANNOT_LISTEN, SETTING_INVALID. Rejects with an Error that is none of the
 * catalogue when the contract does not state the whole policy of an RPC: no setting mends that.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const {
    host = "127.0.0.1",
    socketPath = "",
    identify = createIdentify(NO_CALLERS),
    messageBytesMax = 4 * 1024 * 1024,
    concurrentStreamsMax = 1_000,
    callDeadlineMsMax = 30_000,
    clock = SYSTEM_CLOCK,
  } = options;
  const names = options.services.map((service) => service.name);
  const callers = requirePolicy(options.descriptors, names);
  const server = new Server({
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_concurrent_streams": concurrentStreamsMax,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
  });
  let serving = false;
  const scope: ServerScope = {
    isServing: () => serving,
    log: options.log,
    metrics: new ServerMetrics(options.metrics, clock),
    callersOf: (path) => callers.get(path) ?? new Set(),
    identify,
    checkOf: requestChecks(options.descriptors),
    callDeadlineMsMax,
    endlessStreams: new Set(),
  };
  const add: AddService = (definition, handlers) => server.addService(definition, handlers);
  const health = new Health(names);
  const listed = [...names, "grpc.health.v1.Health"];
  health.addTo(add, scope.endlessStreams);
  for (const service of options.services) bind(service, scope, add);
  const always: ServerScope = { ...scope, isServing: () => true, callersOf: () => ANYONE };
  for (const service of reflectionServices(options.descriptors, listed)) bind(service, always, add);

  permitResets(server);
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  mendStreams(server);
  const doors = await openDoors(
    { host, port: options.port, socketPath, tls: options.tls },
    injectConnection,
  );
  return {
    port: doors.port,
    setServing(value) {
      serving = value;
      health.setServing(value);
    },
    async close(graceMs) {
      health.setServing(false);
      const drained = doors.close();
      const force = setTimeout(() => {
        server.forceShutdown();
        doors.destroy();
      }, graceMs);
      // Its callback proves nothing: grpc-js waits only for connections of its own ports.
      server.tryShutdown(() => {});
      for (const end of scope.endlessStreams) end();
      await drained;
      clearTimeout(force);
    },
  };
}
