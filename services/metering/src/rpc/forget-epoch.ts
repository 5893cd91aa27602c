import { forgetEpoch as forget } from "../ledger/epoch-states.ts";
import { checkIdentifiers, checkNumbers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Frees what an epoch holds whose gateway never comes back. */
export function forgetEpoch({ db, clock }: MeteringDeps): LeaseHandlers["forgetEpoch"] {
  return async ({ gatewayId, epoch }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    checkNumbers({ epoch });
    return { unitsReturned: await forget(db, { gatewayId, epoch }, new Date(clock.wallMs())) };
  };
}
