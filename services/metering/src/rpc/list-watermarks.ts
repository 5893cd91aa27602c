import { readWatermarks } from "../ledger/watermarks.ts";
import { checkIdentifiers } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

/** Lists how far the usage of a gateway is counted, by epoch. */
export function listWatermarks({ db }: MeteringDeps): MeteringHandlers["listWatermarks"] {
  return async ({ gatewayId }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    return { watermarks: await readWatermarks(db, gatewayId) };
  };
}
