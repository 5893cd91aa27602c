import type { Clock } from "@geomesh/runtime/clock";
import { allowedGroups } from "@geomesh/terms/field-groups";
import { allowOf, answerMethods } from "../../http/answer-methods.ts";
import { createCompression } from "../../http/compression.ts";
import type { Exchange } from "../../http/exchange.ts";
import { createFail, type Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { readPlainBody } from "../../http/read-body.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Operation } from "../../operations/operation.ts";
import type { Policy } from "../../operations/policy.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import { valuesOf } from "../../transcode/query.ts";
import { Router, type Variables } from "../../transcode/router.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import type { Front } from "../front.ts";
import { ABSTRACT } from "./abstract/abstract.ts";
import { CompatAsker } from "./compat-asker.ts";
import type { Facade, FacadeRoute } from "./facade.ts";
import { createRootOf } from "./hosts.ts";
import { IP_API } from "./ip-api/ip-api.ts";
import { IPINFO } from "./ipinfo/ipinfo.ts";
import { MAXMIND } from "./maxmind/maxmind.ts";

const FACADES: readonly Facade[] = [ABSTRACT, MAXMIND, IPINFO, IP_API];
const NO_BODY = Buffer.alloc(0);

/** What the front for façades works with. */
export interface CompatFrontDeps {
  readonly operations: readonly Operation[];
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  readonly fail: Fail;
  readonly failures: Failures;
  readonly meters: RequestMeters;
  readonly clock: Clock;
}

/** What an operator may choose. */
export interface CompatFrontOptions {
  /** Façades at the root of a host as well, such as `ipinfo=ip.example.com`; default is none. */
  readonly compatHosts?: readonly string[];
}

/** One route of a façade, ready to be served. */
interface Target {
  readonly facade: Facade;
  readonly route: FacadeRoute;
  readonly operation: Operation;
  readonly meter: RequestMeter;
  readonly fail: Fail;
}

/**
 * Creates the front for the APIs of other vendors, so that their clients need another host and no more. Each is data over
 * operations of the gateway: keys, limits, quota and usage are those of any other request. Query parameters that are unknown are
 * ignored here, as clients send some.
 */
export function createCompatFront(
  deps: CompatFrontDeps,
  { compatHosts = [] }: CompatFrontOptions = {},
): Front {
  const { authenticate, policy, fail, failures, clock } = deps;
  const router = createRoutes(deps);
  const rootOf = createRootOf(compatHosts);
  const compression = createCompression({ clock });

  function run(exchange: Exchange, target: Target, asked: Asked): void {
    const { operation, route, facade } = target;
    const { principal, variables, body } = asked;
    const groups = allowedGroups(principal.plan.fieldGroups);
    const question = route.ask({ variables, body, parameter: parametersOf(exchange), groups });
    const { answerError } = question;
    const failHere =
      answerError === undefined
        ? target.fail
        : createFail(failures, (...error) => answerError(...error) ?? facade.writeError(...error));
    const asker = new CompatAsker(exchange, question, { fail: failHere, compression });
    policy.run(operation, principal, question.request, asker);
  }

  function answer(exchange: Exchange, target: Target, variables: Variables): void {
    const { operation, route, facade } = target;
    exchange.meter = target.meter;
    const refuse = (error: unknown) => target.fail(exchange, fromTranscodeError(error));
    try {
      const principal = authenticate(exchange, operation, facade.places);
      if (route.method === "GET") run(exchange, target, { principal, variables, body: NO_BODY });
      else {
        policy.refuseEarly(operation, principal);
        readPlainBody(exchange.request)
          .then((body) => run(exchange, target, { principal, variables, body }))
          .catch(refuse);
      }
    } catch (error) {
      refuse(error);
    }
  }

  return {
    handle(exchange) {
      try {
        const path = withoutLastSlash(rootOf(exchange) + exchange.path);
        const match = router.match(exchange.method, path);
        if (match === undefined) return false;
        if ("methods" in match) answerMethods(exchange, allowOf(match.methods), fail);
        else answer(exchange, match.target, match.variables);
      } catch (error) {
        fail(exchange, fromTranscodeError(error));
      }
      return true;
    },
  };
}

/** What is asked, and by whom. */
interface Asked {
  readonly principal: Principal;
  readonly variables: Variables;
  readonly body: Uint8Array;
}

/** Errors: Error where two façades answer the same requests, or an RPC is not public: the gateway does not start. */
function createRoutes({ operations, meters, failures }: CompatFrontDeps): Router<Target> {
  const router = new Router<Target>(({ facade }) => `the façade ${facade.name}`);
  for (const facade of FACADES) {
    const fail = createFail(failures, facade.writeError);
    for (const route of facade.routes) {
      const operation = operations.find(({ method }) => method === route.rpc);
      if (operation === undefined) throw new Error(`${route.rpc.name} is not public`);
      const meter = meters.of(operation.name);
      const target = { facade, route, operation, meter, fail };
      router.add(route.method, facade.root + route.path, target);
    }
  }
  return router;
}

function parametersOf({ query }: Exchange): (name: string) => string | undefined {
  return (name) => (query === "" ? undefined : valuesOf(query, name)[0]);
}

/** A slash at the end of a path means nothing here: clients join a base URL and a path as they like. */
function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
