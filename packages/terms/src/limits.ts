/** The format of usage blocks that gateways write and metering reads. Metering leaves a block of another one in the stream. */
export const BLOCK_FORMAT = 1;

/** Most records of one usage block: gateways seal a block at this size, and metering sets larger ones aside. */
export const BLOCK_RECORDS_MAX = 8_192;

/** Most bytes of an encoded usage block: half of what a NATS server takes unless it is told otherwise. */
export const BLOCK_BYTES_MAX = 512 * 1024;

/**
 * The default of `AUTH_STALENESS_MAX_MS`: a gateway that has not heard from auth for so long accepts no key at all. Auth
 * promises by it when a revocation is known everywhere, where no gateway has told its own.
 */
export const AUTH_STALENESS_MS_MAX = 60_000;
