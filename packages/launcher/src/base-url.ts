import { isIPv6 } from "node:net";

const ANY_ADDRESS: readonly string[] = ["0.0.0.0", "::"];

/** The URL at which programs on this machine reach a server that listens on the given host. */
export function baseUrlOf(host: string, port: number): string {
  const reachable = ANY_ADDRESS.includes(host) ? "127.0.0.1" : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
