import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { createFail } from "../http/fail.ts";
import type { Operation, StreamOperation } from "../operations/operation.ts";
import type { Policy } from "../operations/policy.ts";
import type { AuthenticateExchange } from "./authentication.ts";
import { type CompatFrontOptions, createCompatFront } from "./compat/compat-front.ts";
import { createConnectFront } from "./connect/connect-front.ts";
import { apiDocument } from "./files/api-document.ts";
import { createFileFront } from "./files/file-front.ts";
import { flagFiles } from "./files/flags.ts";
import { pageFiles } from "./files/pages.ts";
import {
  type FrontServer,
  type FrontServerDeps,
  type FrontServerOptions,
  startFrontServer,
} from "./front-server.ts";
import { STREAM_PAUSE_MS_MAX } from "./owed.ts";
import { createRestFront } from "./rest/rest-front.ts";

/** What the fronts work with. */
export interface FrontsDeps extends Omit<FrontServerDeps, "fronts" | "fail"> {
  readonly operations: readonly Operation[];
  readonly streams: readonly StreamOperation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  /** Whether the calls of a gRPC service are served, by its full name; those of all where it is empty. */
  readonly isServing: (service: string) => boolean;
}

/** Where the fronts are served, and what their pages tell. */
export interface FrontsOptions extends FrontServerOptions, CompatFrontOptions {
  /** The plan of requests without a key; default is empty, for none. */
  readonly anonymousPlan?: string;
  /** Longest pause of a stream whose client is owed nothing, in milliseconds; default 60,000. */
  readonly streamPauseMsMax?: number;
}

/** Serves all fronts on one port, and on one for TLS. Errors: CANNOT_LISTEN. */
export async function startFronts(deps: FrontsDeps, options: FrontsOptions): Promise<FrontServer> {
  const { operations, streams, authenticate, policy, isServing, telemetry, clock } = deps;
  const { connections, certificate, originsOfKeys } = deps;
  const { meters, failures } = telemetry;
  const fail = createFail(failures);
  const { streamPauseMsMax: pauseMsMax = STREAM_PAUSE_MS_MAX } = options;
  const parts = { operations, streams, authenticate, policy, meters, failures, fail, clock };
  const common = { ...parts, pauseMsMax };
  const descriptors = descriptorSetBytes();
  const rpc = createConnectFront({ ...common, descriptors, isServing });
  const rest = createRestFront(common);
  const pages = pageFiles({ hasAnonymousUse: (options.anonymousPlan ?? "") !== "" });
  const files = createFileFront({ ...common, sets: [flagFiles(), apiDocument(), pages] });
  const compat = createCompatFront(common, options);
  const fronts = [rpc, rest, compat, files];
  const server = await startFrontServer(
    { fronts, fail, telemetry, clock, connections, certificate, originsOfKeys },
    options,
  );
  return {
    port: server.port,
    httpsPort: server.httpsPort,
    leave: server.leave,
    close() {
      rpc.close();
      rest.close();
      return server.close();
    },
  };
}
