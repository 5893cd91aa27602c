import { readEpochs } from "../ledger/epoch-states.ts";
import { checkIdentifiers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Lists the epochs that are not used up. */
export function listEpochs({ db, clock }: MeteringDeps): LeaseHandlers["listEpochs"] {
  return async ({ gatewayId }) => {
    if (gatewayId !== "") checkIdentifiers({ gateway_id: gatewayId });
    return { epochs: await readEpochs(db, gatewayId, new Date(clock.wallMs())) };
  };
}
