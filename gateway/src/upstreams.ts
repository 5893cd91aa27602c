import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import type { Closers } from "@geomesh/runtime/closers";
import { createEsClient, createTsProtoClient } from "@geomesh/runtime/grpc/client";
import type { ClientMetrics } from "@geomesh/runtime/grpc/client-metrics";
import type { Log } from "@geomesh/runtime/log";
import { openTlsFiles } from "@geomesh/runtime/trust/tls-files";
import { openTrustedUpstream, openUpstream } from "@geomesh/runtime/trust/upstream";
import type { GatewayConfig } from "./config.ts";
import { FRAMES_RPC } from "./lookups/frames-rpc.ts";

/** Above the answers under way at a time, so that geo never waits to send: a plain frame of 500 addresses has 160 KiB. */
const FRAMES_WINDOW_BYTES = 4 * 1024 * 1024;

/** What opening the upstreams works with. */
export interface UpstreamsDeps {
  readonly closers: Closers;
  readonly log: Log;
  /** Counts the calls. */
  readonly metrics: ClientMetrics;
}

/** Makes the clients of the services behind the gateway, which connect when they are used, and adds to `closers` what they need. Errors: SETTING_INVALID. */
export async function openUpstreams(
  config: GatewayConfig,
  { closers, log, metrics }: UpstreamsDeps,
) {
  const tls = await openTlsFiles(config, { log });
  closers.add("tls", async () => tls?.close());
  const { geoAddress, authAddress, meteringAddress, upstreamTimeoutMs: deadlineMs } = config;
  const toGeo = { ...openUpstream(geoAddress, tls), deadlineMs, metrics };
  const authToken = { tokenSetting: "AUTH_TOKEN_FILE", tokenFile: config.authTokenFile };
  const auth = await openTrustedUpstream({ address: authAddress, ...authToken }, tls);
  const toAuth = { ...auth, deadlineMs, metrics };
  const meteringToken = {
    tokenSetting: "METERING_TOKEN_FILE",
    tokenFile: config.meteringTokenFile,
  };
  const metering = await openTrustedUpstream({ address: meteringAddress, ...meteringToken }, tls);
  const toMetering = { ...metering, deadlineMs, metrics };
  const clients = {
    geo: createEsClient(GeoService, toGeo),
    frames: createTsProtoClient(FRAMES_RPC, { ...toGeo, receiveWindowBytes: FRAMES_WINDOW_BYTES }),
    auth: createEsClient(AuthService, toAuth),
    metering: createEsClient(MeteringService, toMetering),
    leases: createEsClient(LeaseService, toMetering),
  };
  for (const [name, client] of Object.entries(clients)) closers.add(name, () => client.close());
  return {
    ...clients,
    /** A client of auth's changes with a connection of its own, which whoever asked for it closes. */
    directory: () => createEsClient(DirectoryService, toAuth),
  };
}
