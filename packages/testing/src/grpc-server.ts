import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import type { Implemented } from "@geomesh/runtime/grpc/implement";
import {
  type GrpcServer,
  type GrpcServerOptions,
  startGrpcServer,
} from "@geomesh/runtime/grpc/server";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics, type Metrics } from "@geomesh/runtime/telemetry/metrics";
import { descriptorsWithLetters } from "./letters-descriptors.ts";

/** A serving server, and what it counted and logged. */
export interface TestGrpcServer extends GrpcServer {
  readonly address: string;
  readonly metrics: Metrics;
  /** The lines of its log, parsed. */
  readonly logged: Record<string, unknown>[];
}

/**
 * Starts a serving server on a port that the system chooses, with everything around it real. It takes every caller for the
 * gateway, where `options` do not say otherwise.
 */
export async function startTestGrpcServer(
  service: Implemented,
  options: Partial<GrpcServerOptions> = {},
): Promise<TestGrpcServer> {
  const logged: Record<string, unknown>[] = [];
  const metrics = createMetrics("test");
  const server = await startGrpcServer({
    port: 0,
    services: [service],
    descriptors: descriptorsWithLetters(),
    log: createLog({
      service: "test",
      destination: { write: (line) => void logged.push(JSON.parse(line)) },
    }),
    metrics,
    identify: () => Access_Caller.GATEWAY,
    ...options,
  });
  server.setServing(true);
  return { ...server, address: `127.0.0.1:${server.port}`, metrics, logged };
}
