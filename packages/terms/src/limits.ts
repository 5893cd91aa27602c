/** Most records of one usage block: gateways seal a block at this size, and metering sets larger ones aside. */
export const BLOCK_RECORDS_MAX = 500;
