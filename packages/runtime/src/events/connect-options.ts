import type { ConnectionOptions } from "nats";

const DIAL_MS_MAX = 2_000;
const PING_MS = 3_000;

/**
 * How the client connects, once. The URL may contain user and password, and `tls:` asks for TLS. A server that leaves two
 * pings unanswered counts as lost.
 */
export function connectOptions({ url, name }: { url: string; name: string }): ConnectionOptions {
  const { protocol, host, username, password } = new URL(url);
  return {
    servers: host,
    name,
    ...(username !== "" && { user: decodeURIComponent(username) }),
    ...(password !== "" && { pass: decodeURIComponent(password) }),
    ...(protocol === "tls:" && { tls: {} }),
    reconnect: false,
    timeout: DIAL_MS_MAX,
    pingInterval: PING_MS,
    maxPingOut: 2,
  };
}
