import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { createFail } from "../http/fail.ts";
import type { Operation } from "../operations/operation.ts";
import type { Policy } from "../operations/policy.ts";
import type { AuthenticateExchange } from "./authentication.ts";
import { createConnectFront } from "./connect/connect-front.ts";
import { apiDocument } from "./files/api-document.ts";
import { createFileFront } from "./files/file-front.ts";
import { flagFiles } from "./files/flags.ts";
import {
  type FrontServer,
  type FrontServerDeps,
  type FrontServerOptions,
  startFrontServer,
} from "./front-server.ts";
import { createRestFront } from "./rest/rest-front.ts";

/** What the fronts work with. */
export interface FrontsDeps extends Pick<FrontServerDeps, "telemetry" | "clock" | "connections"> {
  readonly operations: readonly Operation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  /** Whether the calls of a gRPC service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
}

/** Serves all fronts on one port. Errors: CANNOT_LISTEN. */
export async function startFronts(
  deps: FrontsDeps,
  options: FrontServerOptions,
): Promise<FrontServer> {
  const { operations, authenticate, policy, isServing, telemetry, clock, connections } = deps;
  const { meters, failures } = telemetry;
  const fail = createFail(failures);
  const common = { operations, authenticate, policy, meters, fail, clock };
  const descriptors = descriptorSetBytes();
  const rpc = createConnectFront({ ...common, descriptors, isServing, failures });
  const files = createFileFront({ ...common, sets: [flagFiles(), apiDocument()] });
  const fronts = [rpc, createRestFront(common), files];
  const server = await startFrontServer({ fronts, fail, telemetry, clock, connections }, options);
  return {
    port: server.port,
    leave: server.leave,
    close() {
      rpc.close();
      return server.close();
    },
  };
}
