import type { CallContext } from "@geomesh/runtime/grpc/server";
import type { AuditEventRow } from "./schema.ts";

/** Who makes a change, and by which RPC. */
export type Actor = Pick<
  AuditEventRow,
  "action" | "actor_kind" | "actor_account_id" | "actor_key_id" | "client_address" | "request_id"
>;

/** Auth itself. */
export function systemActor(action: string): Actor {
  return {
    action,
    actor_kind: "SYSTEM",
    actor_account_id: "",
    actor_key_id: "",
    client_address: "",
    request_id: "",
  };
}

/** Whoever makes a call: the key that the gateway calls for, or the operator, who calls without a gateway. */
export function actorOf({ method, onBehalfOf, requestId = "" }: CallContext): Actor {
  const action = method.slice(method.lastIndexOf("/") + 1);
  if (onBehalfOf === undefined) {
    return { ...systemActor(action), actor_kind: "OPERATOR", request_id: requestId };
  }
  const { accountId, keyId, clientAddress } = onBehalfOf;
  return {
    action,
    actor_kind: "API_KEY",
    actor_account_id: accountId,
    actor_key_id: keyId,
    client_address: clientAddress,
    request_id: requestId,
  };
}
