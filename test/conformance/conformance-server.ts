import { createRegistry } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import { conformanceRpcs } from "./conformance-rpcs.ts";
import { loadGatewayEnd } from "./gateway-end.ts";
import { file_connectrpc_conformance_v1_service as CONTRACT } from "./gen/connectrpc/conformance/v1/service_pb.ts";

const HOST = "127.0.0.1";

/** A running conformance server. */
export interface ConformanceServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the server on a free port. Messages may have so many bytes; 0 for the gateway's own limit. */
export async function startConformanceServer(messageBytesMax: number): Promise<ConformanceServer> {
  const gateway = await loadGatewayEnd();
  const clock = SYSTEM_CLOCK;
  const log = createLog({ service: "conformance", level: "silent" });
  const telemetry = gateway.createTelemetry({ metrics: createMetrics("conformance"), clock, log });
  const { failures, meters } = telemetry;
  const fail = gateway.createFail(failures);
  const front = gateway.createRpcFront(
    {
      ...{ fail, failures, meters, clock },
      rpcs: conformanceRpcs(gateway),
      // The suite asks for errors of every kind, which no catalogue has, and expects none of the details of ours.
      toError(error) {
        if (error.cause instanceof ConnectError) return error.cause;
        const ours = gateway.toConnectError(error);
        ours.details = [];
        return ours;
      },
    },
    { registry: createRegistry(CONTRACT), ...(messageBytesMax > 0 && { messageBytesMax }) },
  );
  const server = await gateway.startFrontServer(
    { fronts: [front], fail, telemetry, clock },
    { host: HOST, port: 0, trustedProxies: [] },
  );
  return {
    host: HOST,
    port: server.port,
    async close() {
      await server.close();
      telemetry.close();
    },
  };
}
