import { setTimeout as wait } from "node:timers/promises";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { AppError } from "@geomesh/runtime/errors";
import { type Rpc, streamRpc, unaryRpc } from "./rpc.ts";
import type { RpcCall } from "./rpc-call.ts";

const WATCHES_MAX = 1_000;
const WATCH_MS = 500;

/** What the health service works with. */
export interface HealthDeps {
  /** Full names of the services that it knows. */
  readonly names: readonly string[];
  /** Whether the calls of a service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
  /** Aborts when watches have to end. */
  readonly leaving: AbortSignal;
}

/**
 * The RPCs of grpc.health.v1.Health, for the whole gateway ("") and for each public service. A watch is told of a change within
 * half a second; there may be 1,000 of them.
 */
export function healthRpcs({ names, isServing, leaving }: HealthDeps): Rpc[] {
  const known = new Set(["", ...names]);
  const statusOf = (service: string) => (isServing(service) ? Status.SERVING : Status.NOT_SERVING);
  let watches = 0;

  async function* watch({ call }: RpcCall, service: string) {
    if (watches >= WATCHES_MAX) throw new AppError("RESOURCE_EXHAUSTED");
    watches += 1;
    const signal = AbortSignal.any([call.signal, leaving]);
    try {
      let told: Status | undefined;
      while (!signal.aborted) {
        const status = known.has(service) ? statusOf(service) : Status.SERVICE_UNKNOWN;
        if (status !== told) yield { status };
        told = status;
        await wait(WATCH_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      watches -= 1;
    }
  }

  return [
    unaryRpc(Health.method.check, () => async ({ service }) => {
      if (known.has(service)) return { status: statusOf(service) };
      throw new AppError("NOT_FOUND", { message: "the service is unknown" });
    }),
    unaryRpc(Health.method.list, () => async () => {
      const statuses = [...known].map((service) => [service, { status: statusOf(service) }]);
      return { statuses: Object.fromEntries(statuses) };
    }),
    streamRpc(
      Health.method.watch,
      (rpc) =>
        async function* watchHealth(requests) {
          for await (const { service } of requests) yield* watch(rpc, service);
        },
    ),
  ];
}
