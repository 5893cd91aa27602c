import { AppError } from "@geomesh/runtime/errors";
import { readCredential } from "../../http/credential.ts";
import { type Exchange, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { readJsonBody } from "../../http/read-body.ts";
import type { Operation, Policy } from "../../operations/operation.ts";
import type { Variables } from "../../transcode/router.ts";
import type { Front } from "../front.ts";
import { HttpCall } from "../http-call.ts";
import { asInBody } from "./as-in-body.ts";
import { createRoutes, type Target } from "./routes.ts";

/** What the REST front works with. */
export interface RestFrontDeps {
  readonly operations: readonly Operation[];
  readonly policy: Policy;
  readonly fail: Fail;
}

/** Creates the REST front: routes from the `google.api.http` rules of the operations, JSON in and out. */
export function createRestFront({ operations, policy, fail }: RestFrontDeps): Front {
  const router = createRoutes(operations);

  function refuse(exchange: Exchange, error: unknown): void {
    fail(exchange, fromTranscodeError(error));
  }

  async function answer(exchange: Exchange, target: Target, variables: Variables): Promise<void> {
    const { request, query } = exchange;
    const call = new HttpCall(exchange, readCredential(request, query));
    const principal = policy.authenticate(call);
    const body = target.takesBody ? await readJsonBody(request) : undefined;
    const message = target.bind({ variables, query, body });
    const outcome = await policy.invoke(target.operation, principal, message, call);
    const { response } = outcome;
    const headers = { ...JSON_HEADERS, ...outcome.headers, ...target.headersOf?.(response) };
    reply(exchange, target.status, headers, target.write(response));
  }

  return {
    handle(exchange) {
      try {
        const match = router.match(routedMethod(exchange), exchange.path);
        if (match === undefined) return false;
        if ("methods" in match) {
          answerMethods(exchange, match.methods, fail);
          return true;
        }
        const { target, variables } = match;
        answer(exchange, target, variables).catch((error) =>
          refuse(exchange, asInBody(error, target.bodyField)),
        );
      } catch (error) {
        refuse(exchange, error);
      }
      return true;
    },
  };
}

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "private" };

const routedMethod = ({ method }: Exchange) => (method === "HEAD" ? "GET" : method);

/** Lists the methods of a path for OPTIONS; refuses any other method with that list. */
function answerMethods(exchange: Exchange, methods: readonly string[], fail: Fail): void {
  const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
  const allow = allowed.join(", ");
  if (exchange.method === "OPTIONS") {
    reply(exchange, 204, { allow }, "");
    return;
  }
  exchange.response.setHeader("allow", allow);
  const message = `${exchange.method} is not allowed here; allowed methods: ${allow}`;
  fail(exchange, new AppError("METHOD_NOT_ALLOWED", { message }));
}
