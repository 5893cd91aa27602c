import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import { readCredential } from "../../http/credential.ts";
import { type Exchange, reply } from "../../http/exchange.ts";
import { toProblem } from "../../http/problem.ts";
import { readJsonBody } from "../../http/read-body.ts";
import type { Operation, Policy } from "../../operations/operation.ts";
import type { Variables } from "../../transcode/router.ts";
import { HttpCall } from "../http-call.ts";
import { createRoutes, type Target } from "./routes.ts";

export interface RestFront {
  /** Answers a request on a path of the contracts. False where the path is none of them. */
  handle(exchange: Exchange): boolean;
  /** Answers any request by an error. */
  fail(exchange: Exchange, error: unknown): void;
}

/** REST over the operations: routes from their `google.api.http` rules, JSON in and out. */
export function createRestFront(parts: {
  operations: readonly Operation[];
  policy: Policy;
  log: Log;
}): RestFront {
  const { policy, log } = parts;
  const router = createRoutes(parts.operations);

  function fail(exchange: Exchange, error: unknown): void {
    const known = toAppError(error);
    if (known.kind === "internal") {
      log.error({ err: known.cause ?? known, request_id: exchange.requestId }, "a request failed");
    }
    const { status, headers, body } = toProblem(known, exchange.requestId);
    reply(exchange, status, headers, body);
  }

  async function answer(exchange: Exchange, target: Target, variables: Variables): Promise<void> {
    const { request, query } = exchange;
    const call = new HttpCall(exchange, readCredential(request, query));
    const principal = policy.authenticate(call);
    const body = target.takesBody ? await readJsonBody(request) : undefined;
    const message = target.bind({ variables, query, body });
    const outcome = await policy.invoke(target.operation, principal, message, call);
    const headers = { ...JSON_HEADERS, ...outcome.headers };
    reply(exchange, 200, headers, target.write(outcome.response));
  }

  return {
    fail,
    handle(exchange) {
      const match = router.match(routedMethod(exchange), exchange.path);
      if (match === undefined) return false;
      if ("methods" in match) refuseMethod(exchange, match.methods, fail);
      else answer(exchange, match.target, match.variables).catch((error) => fail(exchange, error));
      return true;
    },
  };
}

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "private" };

const routedMethod = ({ method }: Exchange) => (method === "HEAD" ? "GET" : method);

/** OPTIONS asks for the methods; any other gets them with a refusal. */
function refuseMethod(
  exchange: Exchange,
  methods: readonly string[],
  fail: RestFront["fail"],
): void {
  const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
  const allow = allowed.join(", ");
  if (exchange.method === "OPTIONS") {
    reply(exchange, 204, { allow }, "");
    return;
  }
  exchange.response.setHeader("allow", allow);
  const sentence = `${exchange.method} is not allowed here; allowed: ${allow}`;
  fail(exchange, new AppError("METHOD_NOT_ALLOWED", { message: sentence }));
}
