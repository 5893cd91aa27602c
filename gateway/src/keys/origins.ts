import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import type { KnownKey } from "./record-forms.ts";

/** Longest origin that is looked at, in characters: a scheme, a name of the DNS and a port are shorter. */
const ORIGIN_CHARS_MAX = 300;
const SCHEME_END = "://";

/**
 * True where a set of origins holds one, or a pattern that stands for it: `https://*.example.com` for every subdomain at any
 * depth. The origin is as browsers send it; any other text is in no set that auth has checked.
 */
export function holdsOrigin(origins: Pick<ReadonlySet<string>, "has">, origin: string): boolean {
  if (origin.length > ORIGIN_CHARS_MAX) return false;
  if (origins.has(origin)) return true;
  const schemeEnd = origin.indexOf(SCHEME_END);
  if (schemeEnd < 0) return false;
  const hostStart = schemeEnd + SCHEME_END.length;
  const scheme = origin.slice(0, hostStart);
  for (let dot = origin.indexOf(".", hostStart + 1); dot > 0; dot = origin.indexOf(".", dot + 1)) {
    if (origins.has(`${scheme}*${origin.slice(dot)}`)) return true;
  }
  return false;
}

/** Counts of how many active keys each origin is allowed by, so that a preflight, which shows no key, can be answered. */
export class KeyOrigins {
  readonly #counts = new Map<string, number>();

  /** Origins and patterns that some key allows. */
  get size(): number {
    return this.#counts.size;
  }

  /** True where some active key allows an origin. */
  allows(origin: string): boolean {
    return holdsOrigin(this.#counts, origin);
  }

  /** Takes over a new version of a key; undefined for none before. */
  replace(before: KnownKey | undefined, after: KnownKey | undefined): void {
    // Added first, so that an origin which both have is not missing for a moment.
    for (const origin of originsOf(after)) this.#add(origin, 1);
    for (const origin of originsOf(before)) this.#add(origin, -1);
  }

  #add(origin: string, difference: number): void {
    const count = (this.#counts.get(origin) ?? 0) + difference;
    if (count > 0) this.#counts.set(origin, count);
    else this.#counts.delete(origin);
  }
}

const NONE: readonly string[] = [];

function originsOf(key: KnownKey | undefined): readonly string[] {
  return key?.state === Key_State.ACTIVE ? key.allowedOrigins : NONE;
}
