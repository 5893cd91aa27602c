import type { Front } from "../front.ts";
import { toConnectError } from "./connect-error.ts";
import { type OpenServicesDeps, openRpcs } from "./open-services.ts";
import { type OperationRpcsDeps, operationRpcs } from "./operation-rpcs.ts";
import { createRpcFront, type RpcFrontDeps } from "./rpc-front.ts";

/** What the Connect front works with. */
export interface ConnectFrontDeps
  extends Omit<OperationRpcsDeps, "leaving">,
    Omit<OpenServicesDeps, "services" | "leaving">,
    Omit<RpcFrontDeps, "rpcs" | "toError"> {}

/** A front that has calls which would go on for ever. */
export interface ConnectFront extends Front {
  /** Ends the streams, and the calls that watch the health. */
  close(): void;
}

/**
 * Creates the front of the public API for Connect, gRPC and gRPC-Web. Health and reflection need no key; everything else
 * goes through the policy.
 */
export function createConnectFront(deps: ConnectFrontDeps): ConnectFront {
  const leaving = new AbortController();
  const services = [...new Set(deps.operations.map(({ method }) => method.parent))];
  const rpcs = [
    ...operationRpcs({ ...deps, leaving: leaving.signal }),
    ...openRpcs({ ...deps, services, leaving: leaving.signal }),
  ];
  const front = createRpcFront({ ...deps, rpcs, toError: toConnectError });
  return { handle: front.handle, close: () => leaving.abort() };
}
