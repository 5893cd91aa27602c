/** Most records of one usage block: gateways seal a block at this size, and metering sets larger ones aside. */
export const BLOCK_RECORDS_MAX = 500;

/**
 * The default of `AUTH_STALENESS_MAX_MS`: a gateway that has not heard from auth for so long accepts no key at all. Auth
 * promises by it when a revocation is known everywhere, so a gateway that is set to more outlives that promise.
 */
export const AUTH_STALENESS_MS_MAX = 60_000;
