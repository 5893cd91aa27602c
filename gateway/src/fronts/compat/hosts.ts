import type { Exchange } from "../../http/exchange.ts";

/** What the paths of façades begin with that may be at the root of a host as well, by their names. */
export const ROOTS = { ipinfo: "/compat/ipinfo", "ip-api": "/compat/ip-api" } as const;

const ENTRY = /^([a-z-]+)=([a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?)$/;
const PORT = /:\d*$/;

/** What is wrong with a text that should say which façade is at which host, such as `ipinfo=ip.example.com`. */
export function compatHostProblem(text: string): string | undefined {
  const names = Object.keys(ROOTS);
  const [, name = ""] = ENTRY.exec(text) ?? [];
  if (names.includes(name)) return undefined;
  return `"${text}" is not ${names.join(" or ")}, "=" and a host name in lower case without a port`;
}

/** What is put before the path of a request, by the host that it names; empty for a host without a façade. */
export type RootOf = (exchange: Exchange) => string;

/** Creates that, by such texts; a text that is none counts for nothing. */
export function createRootOf(texts: readonly string[]): RootOf {
  const roots = new Map<string, string>();
  for (const text of texts) {
    const [, name, host = ""] = ENTRY.exec(text) ?? [];
    for (const [facade, root] of Object.entries(ROOTS)) if (facade === name) roots.set(host, root);
  }
  if (roots.size === 0) return () => "";
  return ({ request: { headers } }) => {
    const host = headers[":authority"] ?? headers.host ?? "";
    return roots.get(`${host}`.replace(PORT, "").toLowerCase()) ?? "";
  };
}
