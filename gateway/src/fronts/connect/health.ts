import { setTimeout as wait } from "node:timers/promises";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import {
  Health,
  HealthCheckRequestSchema,
  HealthListRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "@geomesh/proto/es/grpc/health/v1/health_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { isLate } from "../../operations/call.ts";
import { createDecoder } from "./decode-message.ts";
import type { FailRpc } from "./fail-rpc.ts";
import { readMessage } from "./read-messages.ts";
import { type RpcCall, rpcOf } from "./rpc-call.ts";

const WATCHES_MAX = 1_000;
const WATCH_MS = 500;

/** What the health service works with. */
export interface HealthDeps {
  /** Full names of the services that it knows. */
  readonly names: readonly string[];
  /** Whether the calls of a service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
  readonly clock: Clock;
  readonly failRpc: FailRpc;
  /** Aborts when watches have to end. */
  readonly leaving: AbortSignal;
}

/**
 * Adds grpc.health.v1.Health, for the whole gateway ("") and for each public service. A watch is told of a change within
 * half a second; there may be 1,000 of them.
 */
export function addHealth(router: ConnectRouter, deps: HealthDeps): void {
  const { failRpc, leaving } = deps;
  const known = new Set(["", ...deps.names]);
  const statusOf = (service: string) =>
    deps.isServing(service) ? Status.SERVING : Status.NOT_SERVING;
  const readCheck = reader(HealthCheckRequestSchema, deps);
  const readList = reader(HealthListRequestSchema, deps);
  let watches = 0;

  async function* watch({ call }: RpcCall, service: string) {
    if (watches >= WATCHES_MAX) throw new AppError("RESOURCE_EXHAUSTED");
    watches += 1;
    const signal = AbortSignal.any([call.signal, leaving]);
    try {
      let told: Status | undefined;
      while (!signal.aborted && !isLate(call, deps.clock)) {
        const status = known.has(service) ? statusOf(service) : Status.SERVICE_UNKNOWN;
        if (status !== told) yield { status };
        told = status;
        await wait(WATCH_MS, undefined, { signal }).catch(() => undefined);
      }
      if (isLate(call, deps.clock)) throw new AppError("DEADLINE_EXCEEDED");
    } finally {
      watches -= 1;
    }
  }

  router.rpc(Health.method.check, async (_empty, context) => {
    const rpc = rpcOf(context);
    try {
      const { service } = await readCheck(rpc);
      if (known.has(service)) return { status: statusOf(service) };
      throw new AppError("NOT_FOUND", { message: "the service is unknown" });
    } catch (error) {
      return failRpc(error, rpc);
    }
  });
  router.rpc(Health.method.list, async (_empty, context) => {
    const rpc = rpcOf(context);
    try {
      await readList(rpc);
      const statuses = [...known].map((service) => [service, { status: statusOf(service) }]);
      return { statuses: Object.fromEntries(statuses) };
    } catch (error) {
      return failRpc(error, rpc);
    }
  });
  router.rpc(Health.method.watch, async function* watchHealth(_empty, context: HandlerContext) {
    const rpc = rpcOf(context);
    try {
      const { service } = await readCheck(rpc);
      yield* watch(rpc, service);
    } catch (error) {
      failRpc(error, rpc);
    }
  });
}

/** Reads the request of a call that needs no key. */
function reader<D extends DescMessage>(desc: D, deps: HealthDeps) {
  const decode = createDecoder(desc);
  return async (rpc: RpcCall): Promise<MessageShape<D>> => {
    if (rpc.refusal !== undefined) throw rpc.refusal;
    return (await readMessage(rpc, decode, deps)) as MessageShape<D>;
  };
}
