import { readWatermarks } from "../ledger/watermarks.ts";
import { checkIdentifiers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Lists how far the usage of a gateway is counted, by epoch. */
export function listWatermarks({ db }: MeteringDeps): LeaseHandlers["listWatermarks"] {
  return async ({ gatewayId }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    return { watermarks: await readWatermarks(db, gatewayId) };
  };
}
