import { openEpoch as open } from "../ledger/gateway-epochs.ts";
import { checkIdentifiers, checkNumbers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Opens an epoch for the process that holds the nonce. */
export function openEpoch({ db, clock }: MeteringDeps): LeaseHandlers["openEpoch"] {
  return async ({ gatewayId, epoch, nonce }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    checkNumbers({ epoch });
    await open(db, { gatewayId, epoch }, { nonce, time: new Date(clock.wallMs()) });
    return { serverTime: new Date(clock.wallMs()) };
  };
}
