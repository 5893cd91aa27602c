import { releaseLeases as release } from "../ledger/lease-returns.ts";
import { checkIdentifiers, checkNumbers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Ends one lease, or all leases of an epoch. */
export function releaseLeases({ db, clock }: MeteringDeps): LeaseHandlers["releaseLeases"] {
  return async (request) => {
    const { gatewayId, epoch, leaseNumber, lastSequence } = request;
    checkIdentifiers({ gateway_id: gatewayId });
    checkNumbers({ epoch, lease_number: leaseNumber, last_sequence: lastSequence });
    await release(db, request, new Date(clock.wallMs()));
    return {};
  };
}
