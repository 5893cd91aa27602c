import type { IncomingHttpHeaders } from "node:http";

/** Hops that are read, nearest first: a longer chain is cut, which bounds the cost of a header. */
const HOPS_MAX = 32;

/**
 * Reads the addresses of `Forwarded` (RFC 7239), from the client to the nearest proxy; up to 32. A hop that is not an
 * address is returned as it is.
 */
export function forwardedHops({ forwarded }: IncomingHttpHeaders): string[] {
  return listOf(forwarded).map((hop) => {
    const [, node = ""] = /(?:^|;)\s*for\s*=\s*"?([^";]*)/i.exec(hop) ?? [];
    return bare(node.trim());
  });
}

/**
 * Reads the addresses of `X-Forwarded-For`, from the client to the nearest proxy; up to 32. A hop that is not an address
 * is returned as it is.
 */
export function xForwardedForHops(headers: IncomingHttpHeaders): string[] {
  return listOf(headers["x-forwarded-for"]).map(bare);
}

function listOf(header: string | readonly string[] | undefined): string[] {
  if (header === undefined) return [];
  return `${header}`
    .split(",")
    .slice(-HOPS_MAX)
    .map((each) => each.trim());
}

/** The address without brackets and port. */
function bare(hop: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? [];
  return bracketed ?? hop.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}
