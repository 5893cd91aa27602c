import { readWatermarks } from "../ledger/watermarks.ts";
import { checkIdentifiers } from "./checks.ts";
import type { Metering } from "./contract.ts";
import type { MeteringHandlers } from "./handlers.ts";

export function listWatermarks({ db }: Metering): MeteringHandlers["listWatermarks"] {
  return async ({ gatewayId }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    return { watermarks: await readWatermarks(db, gatewayId) };
  };
}
