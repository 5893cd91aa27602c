import { type CredentialPlaces, readCredential } from "../http/credential.ts";
import type { Exchange } from "../http/exchange.ts";
import { onlyHeader } from "../http/header-lines.ts";
import { ANONYMOUS_SCOPE, type AnonymousUse } from "../keys/anonymous.ts";
import { type Authenticate, CredentialMemo } from "../keys/authenticate.ts";
import type { Principal } from "../keys/key-table.ts";
import { createRestrictions, isRestricted, type RequestOrigin } from "../keys/restrictions.ts";
import type { Operation } from "../operations/operation.ts";

const ORIGIN = "origin";

/**
 * Tells whose request an exchange is, which asks for an operation. Errors: those of `readCredential`, `Authenticate`,
 * `RequireAllowed` and `AnonymousUse.principalAt`.
 */
export type AuthenticateExchange = (
  exchange: Exchange,
  operation: Pick<Operation, "access">,
  /** Where the request may carry its key; default is where all requests may. */
  places?: CredentialPlaces,
) => Principal;

/** What exchanges are authenticated by. */
export interface ExchangeAuthenticationDeps {
  readonly authenticate: Authenticate;
  /** Undefined where the operator does not allow it. */
  readonly anonymousUse?: AnonymousUse | undefined;
  /** Hears which key a request was accepted with; default is nobody. */
  readonly noteUse?: (keyId: string) => void;
}

/**
 * Creates a function that authenticates exchanges, with a memo for each connection. Only a request that names no key in any
 * place is anonymous: whoever sends an empty or a wrong one has a mistake to learn of.
 */
export function createExchangeAuthentication({
  authenticate,
  anonymousUse,
  noteUse = () => undefined,
}: ExchangeAuthenticationDeps): AuthenticateExchange {
  const requireAllowed = createRestrictions();
  const memos = new WeakMap<object, CredentialMemo>();

  function memoOf(connection: object): CredentialMemo {
    const known = memos.get(connection);
    if (known !== undefined) return known;
    const memo = new CredentialMemo();
    memos.set(connection, memo);
    return memo;
  }

  /** Undefined for whoever has to show a key. Errors: AUTH_STALE. */
  function anonymous(exchange: Exchange, scope: string): Principal | undefined {
    if (anonymousUse === undefined || scope !== ANONYMOUS_SCOPE) return undefined;
    return anonymousUse.principalAt(exchange.clientAddress);
  }

  return (exchange, { access: { scope } }, places) => {
    const { request, query } = exchange;
    const credential = readCredential(request, query, places);
    const withoutKey = credential === undefined ? anonymous(exchange, scope) : undefined;
    const principal = withoutKey ?? authenticate(credential, memoOf(connectionOf(request)));
    exchange.principal = principal;
    const { key } = principal;
    if (isRestricted(key)) requireAllowed(key, originOf(exchange));
    if (withoutKey === undefined) noteUse(key.keyId);
    return principal;
  };
}

function originOf({ clientAddress, request }: Exchange): RequestOrigin {
  return { clientAddress, origin: onlyHeader(request.rawHeaders, ORIGIN) };
}

/** The socket; that of HTTP/2 is a new proxy at each call, so its session stands for it. */
function connectionOf(request: Exchange["request"]): object {
  return "stream" in request ? (request.stream.session ?? request) : request.socket;
}
