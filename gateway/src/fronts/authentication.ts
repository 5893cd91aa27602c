import { readCredential } from "../http/credential.ts";
import type { Exchange } from "../http/exchange.ts";
import { type Authenticate, CredentialMemo } from "../keys/authenticate.ts";
import type { Principal } from "../keys/key-table.ts";

/** Tells whose request an exchange is. Errors: those of `readCredential` and `Authenticate`. */
export type AuthenticateExchange = (exchange: Exchange) => Principal;

/** Creates a function that authenticates exchanges, with a memo for each connection. */
export function createExchangeAuthentication(authenticate: Authenticate): AuthenticateExchange {
  const memos = new WeakMap<object, CredentialMemo>();

  function memoOf(connection: object): CredentialMemo {
    const known = memos.get(connection);
    if (known !== undefined) return known;
    const memo = new CredentialMemo();
    memos.set(connection, memo);
    return memo;
  }

  return (exchange) => {
    const { request, query } = exchange;
    const memo = memoOf(connectionOf(request));
    exchange.principal = authenticate(readCredential(request, query), memo);
    return exchange.principal;
  };
}

/** The socket; that of HTTP/2 is a new proxy at each call, so its session stands for it. */
function connectionOf(request: Exchange["request"]): object {
  return "stream" in request ? (request.stream.session ?? request) : request.socket;
}
