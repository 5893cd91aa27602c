import type { Metering } from "../metering.ts";
import { readWatermarks } from "../store/watermarks.ts";
import type { MeteringHandlers } from "./handlers.ts";
import { checkIdentifiers } from "./request-checks.ts";

export function listWatermarks({ db }: Metering): MeteringHandlers["listWatermarks"] {
  return async ({ gatewayId }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    return { watermarks: await readWatermarks(db, gatewayId) };
  };
}
