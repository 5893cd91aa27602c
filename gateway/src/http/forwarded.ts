import type { IncomingHttpHeaders } from "node:http";

/** The nearest ones; longer chains are cut, so that a header cannot cost more than it should. */
const HOPS_MAX = 32;

/** Addresses of `Forwarded` (RFC 7239), from the client to the nearest proxy. What is no address comes as it is. */
export function forwardedHops({ forwarded }: IncomingHttpHeaders): string[] {
  return listOf(forwarded).map((hop) => {
    const [, node = ""] = /(?:^|;)\s*for\s*=\s*"?([^";]*)/i.exec(hop) ?? [];
    return bare(node.trim());
  });
}

/** Addresses of `X-Forwarded-For`, from the client to the nearest proxy. What is no address comes as it is. */
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

/** Without brackets and port. */
function bare(hop: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? [];
  return bracketed ?? hop.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}
