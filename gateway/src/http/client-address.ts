import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { AddressBlocks } from "@geomesh/terms/address-blocks";
import { canonicalAddress, unmapped } from "@geomesh/terms/canonical-address";
import { addressOfHop, forwardedHops, type Hops, xForwardedForHops } from "./forwarded.ts";

/** A name of a header (RFC 9110, section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** Headers that are lists of hops, belong to a connection, are the client's own, or of which Node keeps one of several. */
const OTHER_HEADERS: ReadonlySet<string> = new Set([
  ...["forwarded", "x-forwarded-for", "via", "host", "x-forwarded-host", "x-forwarded-proto"],
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "http2-settings", "expect", "content-length", "content-type", "content-encoding"],
  ...["accept", "accept-encoding", "accept-language", "authorization", "proxy-authorization"],
  ...["proxy-authenticate", "x-api-key", "x-request-id", "cookie", "set-cookie", "origin"],
  ...["user-agent", "referer", "from", "date", "age", "etag", "expires", "last-modified", "server"],
  ...["if-modified-since", "if-unmodified-since", "location", "max-forwards", "retry-after"],
  ...["traceparent", "tracestate"],
]);

/** Tells the address that a request came from, by the socket's address and the headers that proxies write. */
export type ReadClientAddress = (socketAddress: string, headers: IncomingHttpHeaders) => string;

/**
 * Creates a reader of client addresses that trusts the proxies in some CIDR blocks. It believes `Forwarded` (RFC 7239) or
 * `X-Forwarded-For` only as far as trusted proxies wrote them: the client is the first address from the right that is not
 * a trusted proxy. Without trusted proxies the headers are ignored. Proxies write one of the two headers and pass on the
 * other as the client sent it, so where the two disagree, neither is believed. With the name of a header, such as `X-Real-IP`,
 * it believes that one instead, where it has exactly one address.
 */
export function createClientAddress(
  trusted: readonly string[],
  headerName = "",
): ReadClientAddress {
  const header = headerName.toLowerCase();
  const proxies = new AddressBlocks(trusted);

  function walk(nearest: string, hops: Hops): string {
    let client = nearest;
    for (const hop of hops.toReversed()) {
      const address = hop === undefined ? undefined : canonicalAddress(hop);
      if (address === undefined || !proxies.has(client)) return client;
      client = address;
    }
    return client;
  }

  return (socketAddress, headers) => {
    const nearest = unmapped(withoutZone(socketAddress));
    if (trusted.length === 0 || !proxies.has(nearest)) return nearest;
    if (header !== "") return namedBy(headers[header]) ?? nearest;
    const claims = [forwardedHops(headers), xForwardedForHops(headers)]
      .filter((hops) => hops !== undefined)
      .map((hops) => walk(nearest, hops));
    const [first = nearest, second = first] = claims;
    return first === second ? first : nearest;
  };
}

/** Of several headers Node makes a list, which is no address. */
function namedBy(value: string | readonly string[] | undefined): string | undefined {
  const address = typeof value === "string" ? addressOfHop(value.trim()) : undefined;
  return address === undefined ? undefined : canonicalAddress(address);
}

/** What must be otherwise with the name of a header that is to have the client's address; undefined for a good one. */
export function addressHeaderProblem(name: string): string | undefined {
  if (!TOKEN.test(name)) return `must be the name of a header, not "${name}"`;
  return OTHER_HEADERS.has(name.toLowerCase())
    ? `must name a header of its own, such as X-Real-IP, not ${name}, which has another meaning`
    : undefined;
}

/** What is wrong with a CIDR block; undefined for a valid one. */
export function cidrProblem(cidr: string): string | undefined {
  const [address = "", bits = "", ...more] = cidr.split("/");
  const version = address.includes("%") ? 0 : isIP(address);
  const max = version === 6 ? 128 : 32;
  const isWhole = /^\d{1,3}$/.test(bits) && Number(bits) <= max && more.length === 0;
  return version !== 0 && isWhole
    ? undefined
    : `"${cidr}" is not a CIDR block (for example 10.0.0.0/8)`;
}

function withoutZone(address: string): string {
  const cut = address.indexOf("%");
  return cut < 0 ? address : address.slice(0, cut);
}
