import type { Metering } from "../metering.ts";
import { releaseLeases as release } from "../store/lease-returns.ts";
import type { MeteringHandlers } from "./handlers.ts";
import { checkIdentifiers, checkNumbers } from "./request-checks.ts";

export function releaseLeases({ db }: Metering): MeteringHandlers["releaseLeases"] {
  return async (request) => {
    const { gatewayId, epoch, leaseNumber, lastSequence } = request;
    checkIdentifiers({ gateway_id: gatewayId });
    checkNumbers({ epoch, lease_number: leaseNumber, last_sequence: lastSequence });
    await release(db, request);
    return {};
  };
}
