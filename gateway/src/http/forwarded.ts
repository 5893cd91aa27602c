import type { IncomingHttpHeaders } from "node:http";
import { isIPv4, isIPv6 } from "node:net";

/** Hops that are read, nearest first: a longer chain is cut, which bounds the cost of a header. */
const HOPS_MAX = 32;

/** `token "=" ( token / quoted-string )` of RFC 7239; a value without quotes may have the brackets and colons of a node. */
const PAIR = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~:[\]-]+)|"((?:[^"\\]|\\.)*)")[ \t]*/y;
const ESCAPED = /\\(.)/g;
/** A node of RFC 7239, section 6: an address, IPv6 in brackets, and perhaps a port, which may be obfuscated. */
const NODE = /^(?:\[([^\]]*)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;

/**
 * The addresses that a forwarding header names, from the client to the nearest proxy; undefined for a hop of which it gives
 * none, such as `unknown`.
 */
export type Hops = readonly (string | undefined)[];

/** What a header is worth that cannot be read: it ends at the proxy that sent it. */
const NOTHING_KNOWN: Hops = [undefined];

/** The address of a hop: IPv4 or IPv6, perhaps with a port, IPv6 then in brackets. Undefined for anything else. */
export function addressOfHop(text: string): string | undefined {
  return addressOf(text) ?? ipv6Of(text);
}

/** Reads `X-Forwarded-For`, a list of RFC 9110 (section 5.6.1): up to 32 hops. Undefined where it names none. */
export function xForwardedForHops(headers: IncomingHttpHeaders): Hops | undefined {
  const members = `${headers["x-forwarded-for"] ?? ""}`
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  if (members.length === 0) return undefined;
  return members.slice(-HOPS_MAX).map(addressOfHop);
}

/**
 * Reads `Forwarded` (RFC 7239): up to 32 hops. Undefined where no element of it has a `for`. Where the header is malformed
 * nothing of it is believed: a client that opens a quote must not hide behind it what a proxy has added.
 */
export function forwardedHops({ forwarded }: IncomingHttpHeaders): Hops | undefined {
  if (forwarded === undefined) return undefined;
  const elements = elementsOf(forwarded);
  if (elements === undefined) return NOTHING_KNOWN;
  const nodes = elements.map((pairs) => pairs.get("for"));
  if (nodes.every((node) => node === undefined)) return undefined;
  return nodes.slice(-HOPS_MAX).map((node) => (node === undefined ? undefined : addressOf(node)));
}

/** The parameters of each element that has any. Undefined for a malformed header. */
function elementsOf(text: string): ReadonlyMap<string, string>[] | undefined {
  const elements: Map<string, string>[] = [];
  let pairs = new Map<string, string>();
  for (let at = 0; ; at += 1) {
    PAIR.lastIndex = at;
    const [pair, name, token, quoted = ""] = PAIR.exec(text) ?? [];
    if (name === undefined) at = afterSpaces(text, at);
    else {
      const parameter = name.toLowerCase();
      if (pairs.has(parameter)) return undefined;
      pairs.set(parameter, token ?? quoted.replace(ESCAPED, "$1"));
      at += (pair as string).length;
    }
    const separator = text[at];
    if (separator !== undefined && separator !== "," && separator !== ";") return undefined;
    if (separator === ";") continue;
    if (pairs.size > 0) elements.push(pairs);
    if (separator === undefined) return elements;
    pairs = new Map();
  }
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at += 1;
  return at;
}

/** The address of a node, without brackets and port. Undefined for `unknown`, an obfuscated node, and anything else. */
function addressOf(node: string): string | undefined {
  const [, inBrackets, ipv4 = ""] = NODE.exec(node) ?? [];
  if (inBrackets !== undefined) return ipv6Of(inBrackets);
  return isIPv4(ipv4) ? ipv4 : undefined;
}

function ipv6Of(text: string): string | undefined {
  return isIPv6(text) && !text.includes("%") ? text : undefined;
}
