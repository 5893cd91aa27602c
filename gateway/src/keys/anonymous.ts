import { create } from "@bufbuild/protobuf";
import {
  Account_State,
  AccountSchema,
  Key_State,
  KeySchema,
  type Plan,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import type { Log } from "@geomesh/runtime/log";
import { authStale } from "./authenticate.ts";
import type { KeyTable, Principal } from "./key-table.ts";
import { networkOf } from "./network-of.ts";

/** The only scope that a caller without a key holds. */
export const ANONYMOUS_SCOPE = "locations:read";

/** Stands for the account and for the key of all callers without one. Auth assigns no such id: its own begin with `acct_`, `key_`. */
const ANONYMOUS_ID = "anonymous";

/** What anonymous use works with. */
export interface AnonymousUseDeps {
  readonly table: Pick<KeyTable, "findPlan">;
  /** Milliseconds since the table was last known to be equal to auth's; infinite before it was first loaded. */
  readonly beatAgeMs: () => number;
  readonly log: Log;
}

/** What an operator chooses. */
export interface AnonymousUseOptions {
  /** The plan whose rates and batch size apply to each network. */
  readonly planId: string;
  /** Age of the table, in milliseconds, beyond which nobody is served. */
  readonly stalenessMaxMs: number;
}

/** Requests without a key, where the operator allows them. */
export interface AnonymousUse {
  /**
   * Who asks from an address, which is in canonical form; undefined where the plan does not exist: then nobody is anonymous.
   * Errors: AUTH_STALE, as for keys.
   */
  principalAt(clientAddress: string): Principal | undefined;
  /** Whether the plan exists, as far as is known here. */
  isOpen(): boolean;
}

/**
 * Serves requests without a key by a plan. Each network has the rates of the plan as if it were an account with one key, and
 * its batch size; none has a quota, so that nothing is leased for it.
 *
 * All of them have one account id and one key id, `anonymous`. By these their units are recorded as they are, without a lease:
 * so the operator sees in the usage of the installation what is given away, nobody is billed for it, no address of a client
 * gets into a record, and callers cannot make more rows than one key could. The two ids also give all of them together the turn of
 * one account at geo, so that they never crowd out those with a key.
 */
export function createAnonymousUse(
  { table, beatAgeMs, log }: AnonymousUseDeps,
  { planId, stalenessMaxMs }: AnonymousUseOptions,
): AnonymousUse {
  let known: Principal | undefined;
  let isMissing = false;

  /** What all callers share. The plan may have become another at any time. */
  function shared(): Principal | undefined {
    const plan = table.findPlan(planId);
    if (plan === undefined) known = undefined;
    else if (known?.plan !== plan) known = anonymous(plan);
    tell(plan === undefined);
    return known;
  }

  /** Says once that the plan is missing, and once that it is there again. */
  function tell(isMissingNow: boolean): void {
    if (isMissingNow === isMissing || beatAgeMs() === Number.POSITIVE_INFINITY) return;
    isMissing = isMissingNow;
    const fields = { plan_id: planId };
    if (isMissing) log.warn(fields, "requests without a key are refused: their plan is unknown");
    else log.info(fields, "requests without a key are served again: their plan is known");
  }

  return {
    principalAt(clientAddress) {
      if (beatAgeMs() > stalenessMaxMs) throw authStale();
      const principal = shared();
      return principal && { ...principal, network: networkOf(clientAddress) };
    },
    isOpen: () => shared() !== undefined,
  };
}

function anonymous(plan: Plan): Principal {
  const ids = { keyId: ANONYMOUS_ID, accountId: ANONYMOUS_ID };
  const scopes = [ANONYMOUS_SCOPE];
  return {
    key: create(KeySchema, { ...ids, scopes, state: Key_State.ACTIVE, mode: KeyMode.LIVE }),
    account: create(AccountSchema, {
      ...{ accountId: ANONYMOUS_ID, planId: plan.planId, state: Account_State.ACTIVE },
    }),
    plan,
  };
}
