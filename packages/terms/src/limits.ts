/** Most records of one usage block: gateways seal blocks by it, and metering sets larger ones aside. */
export const BLOCK_RECORDS_MAX = 500;
