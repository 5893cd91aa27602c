import type { Clock } from "@geomesh/runtime/clock";
import { allowOf, answerMethods } from "../../http/answer-methods.ts";
import { createCompression } from "../../http/compression.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { readJsonBody } from "../../http/read-body.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Policy } from "../../operations/policy.ts";
import type { Failures } from "../../telemetry/failures.ts";
import type { RequestMeters } from "../../telemetry/request-meters.ts";
import type { RequestParts } from "../../transcode/bind.ts";
import type { Found } from "../../transcode/router.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import type { Front } from "../front.ts";
import { RestAsker } from "./rest-asker.ts";
import { createStreamAnswers } from "./rest-stream.ts";
import { createRoutes, isStreamTarget, type PublicRpcs, type Target } from "./routes.ts";

/** A front that has streams which would go on for long. */
export interface RestFront extends Front {
  /** Ends the streams, each with a problem. */
  close(): void;
}

/** What the REST front works with. */
export interface RestFrontDeps extends PublicRpcs {
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  readonly fail: Fail;
  readonly meters: RequestMeters;
  readonly failures: Failures;
  readonly clock: Clock;
  /** Longest pause between two lines of a stream, in milliseconds. */
  readonly pauseMsMax: number;
}

/**
 * Creates the REST front: routes from the `google.api.http` rules of the operations, JSON in and out. A request without a
 * body reaches its operation in the turn in which it came.
 */
export function createRestFront(deps: RestFrontDeps): RestFront {
  const { authenticate, policy, fail, meters, clock } = deps;
  const router = createRoutes(deps, meters);
  const compression = createCompression({ clock });
  const leaving = new AbortController();
  const answerStream = createStreamAnswers({ ...deps, leaving: leaving.signal });

  function answer(exchange: Exchange, target: Target, variables: Found<Target>["variables"]): void {
    exchange.meter = target.meter;
    const asker = new RestAsker(exchange, target, { fail, compression });
    const run = (principal: Principal, body: RequestParts["body"]) => {
      const message = target.bind({ variables, query: exchange.query, body });
      target.takeIfMatch?.(message, exchange.request.rawHeaders);
      policy.run(target.operation, principal, message, asker);
    };
    try {
      const principal = authenticate(exchange, target.operation);
      if (!target.takesBody) run(principal, undefined);
      else {
        policy.refuseEarly(target.operation, principal);
        readJsonBody(exchange.request)
          .then((body) => run(principal, body))
          .catch((error) => asker.fail(error));
      }
    } catch (error) {
      asker.fail(error);
    }
  }

  return {
    handle(exchange) {
      try {
        const match = router.match(exchange.method, exchange.path);
        if (match === undefined) return false;
        if ("methods" in match) answerMethods(exchange, allowOf(match.methods), fail);
        else if (isStreamTarget(match.target)) {
          answerStream(exchange, match.target, match.variables);
        } else answer(exchange, match.target, match.variables);
      } catch (error) {
        fail(exchange, fromTranscodeError(error));
      }
      return true;
    },
    close: () => leaving.abort(),
  };
}
