import { AppError } from "@geomesh/runtime/errors";
import { AddressBlocks } from "@geomesh/terms/address-blocks";
import { holdsOrigin } from "./origins.ts";
import type { KnownKey } from "./record-forms.ts";

/** From where a request comes that shows a key. */
export interface RequestOrigin {
  /** In canonical form. */
  readonly clientAddress: string;
  /** The `Origin` of a browser's page; undefined where there is none, or several. */
  readonly origin: string | undefined;
}

/** Refuses a request that its restricted key does not allow from there. Errors: ADDRESS_FORBIDDEN, ORIGIN_FORBIDDEN. */
export type RequireAllowed = (key: KnownKey, from: RequestOrigin) => void;

/** True for a key that may not be used from everywhere. */
export function isRestricted({ allowedCidrs, allowedOrigins }: KnownKey): boolean {
  return allowedCidrs.length > 0 || allowedOrigins.length > 0;
}

/** What a key restricts, ready to be asked; undefined for what it does not. */
interface Compiled {
  readonly blocks: AddressBlocks | undefined;
  readonly origins: ReadonlySet<string> | undefined;
}

/**
 * Creates the check of what keys restrict. It is compiled once for each decoded record of a key that restricts anything, at its
 * first use, and goes with it. It is asked at every request: where one comes from is never remembered.
 */
export function createRestrictions(): RequireAllowed {
  const compiled = new WeakMap<KnownKey, Compiled>();

  function compiledOf(key: KnownKey): Compiled {
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const made = compile(key);
    compiled.set(key, made);
    return made;
  }

  return (key, { clientAddress, origin }) => {
    const { blocks, origins } = compiledOf(key);
    if (blocks !== undefined && !blocks.has(clientAddress)) {
      throw new AppError("ADDRESS_FORBIDDEN");
    }
    if (origins !== undefined && (origin === undefined || !holdsOrigin(origins, origin))) {
      throw new AppError("ORIGIN_FORBIDDEN");
    }
  };
}

/** Auth has checked the blocks. Errors: those of `AddressBlocks` for one that is none; then the key is not accepted. */
function compile({ allowedCidrs, allowedOrigins }: KnownKey): Compiled {
  return {
    blocks: allowedCidrs.length === 0 ? undefined : new AddressBlocks(allowedCidrs),
    origins: allowedOrigins.length === 0 ? undefined : new Set(allowedOrigins),
  };
}
