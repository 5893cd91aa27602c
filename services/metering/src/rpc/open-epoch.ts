import { openEpoch as open } from "../ledger/epoch-opening.ts";
import { checkIdentifiers, checkNumbers } from "./checks.ts";
import type { LeaseHandlers, MeteringDeps } from "./contract.ts";

/** Opens an epoch for the process that holds the nonce, or tells who may use another one. */
export function openEpoch({ db, clock }: MeteringDeps): LeaseHandlers["openEpoch"] {
  return async ({ gatewayId, epoch, nonce, place, silentSinceTime: silentSince }) => {
    checkIdentifiers({ gateway_id: gatewayId });
    checkNumbers({ epoch });
    const opening = { nonce, place, silentSince, time: new Date(clock.wallMs()) };
    const holder = await open(db, { gatewayId, epoch }, opening);
    return { serverTime: new Date(clock.wallMs()), holder };
  };
}
