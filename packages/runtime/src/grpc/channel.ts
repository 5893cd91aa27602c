import type { ChannelOptions } from "@grpc/grpc-js";
import { socketPathOf } from "../trust/upstream.ts";
import type { RetriedMethod } from "./retries.ts";

const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** Peers that restart in turn leave each other no more time than this and its jitter of a fifth. */
const RECONNECT_MS_MAX = 500;
/** To look for a socket of this machine costs next to nothing. */
const SOCKET_RECONNECT_MS_MAX = 200;

const RETRY_POLICY = {
  maxAttempts: 3,
  initialBackoff: "0.05s",
  maxBackoff: "0.5s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE"],
};

/** What a channel depends on. */
export interface ChannelChoices {
  /** `host:port` or `unix:<path>`. */
  readonly address: string;
  readonly retried: readonly RetriedMethod[];
  /** That of each stream and of the connection, in bytes. */
  readonly receiveWindowBytes: number | undefined;
}

/**
 * Options of a channel: all addresses of a name in turn (round_robin), three attempts at the retried methods when the peer
 * is unavailable, each at the next address, and a reconnect within 0.6 s of a peer's return, 0.2 s at a socket. grpc-js does not
 * ask the health service by itself; a server that is not serving refuses calls as unavailable, so that they move on.
 */
export function channelOptions({
  address,
  retried,
  receiveWindowBytes,
}: ChannelChoices): ChannelOptions {
  const isSocket = socketPathOf(address) !== undefined;
  const methodConfig = retried.length === 0 ? [] : [{ name: retried, retryPolicy: RETRY_POLICY }];
  const serviceConfig = { loadBalancingConfig: [{ round_robin: {} }], methodConfig };
  return {
    "grpc.service_config": JSON.stringify(serviceConfig),
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": isSocket ? SOCKET_RECONNECT_MS_MAX : RECONNECT_MS_MAX,
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
    // Channels are closed by whoever opened them, so they must not share connections.
    "grpc.use_local_subchannel_pool": 1,
    // A proxy that the environment names must not hear what processes say to each other.
    "grpc.enable_http_proxy": 0,
    ...(receiveWindowBytes !== undefined && {
      "grpc-node.flow_control_window": receiveWindowBytes,
    }),
  };
}

/** `unix:<path>` as it is; `host:port` as a name that is resolved again when addresses change. */
export function target(address: string): string {
  return socketPathOf(address) === undefined ? `dns:///${address}` : address;
}
