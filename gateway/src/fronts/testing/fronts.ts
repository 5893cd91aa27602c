import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { createLog } from "@geomesh/runtime/log";
import { createMetrics } from "@geomesh/runtime/telemetry/metrics";
import type { AnonymousUse } from "../../keys/anonymous.ts";
import type { Authenticate } from "../../keys/authenticate.ts";
import type { Principal } from "../../keys/key-table.ts";
import type { Call } from "../../operations/call.ts";
import { publicOperations, publicStreams, SERVICES } from "../../operations/catalog.ts";
import type { FreeOperation } from "../../operations/operation.ts";
import { freeOutcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { AccessLog } from "../../telemetry/access-log.ts";
import { createTelemetry } from "../../telemetry/telemetry.ts";
import { createExchangeAuthentication } from "../authentication.ts";
import type { FrontServerDeps } from "../front-server.ts";
import { type FrontsOptions, startFronts } from "../start-fronts.ts";

export const TEST_KEY = "gm_test_key";

/** One call that reached an operation. */
export interface Invocation {
  readonly operation: string;
  readonly request: Message;
  readonly call: Call;
  /** Of the call, when it came: a client that has gone has none any more. */
  readonly clientAddress: string;
  readonly principal: Principal;
}

/** What the operations answer; undefined for an empty response. */
export type Answer = (invocation: Invocation) => Message | undefined | Promise<Message | undefined>;

export interface TestFronts {
  readonly port: number;
  /** The port for TLS; 0 without a certificate. */
  readonly httpsPort: number;
  readonly url: string;
  readonly invocations: Invocation[];
  /** The credential of every request that was authenticated, in order. */
  readonly credentials: (string | undefined)[];
  /** The lines of its log, parsed. */
  readonly logged: Record<string, unknown>[];
  /** Services whose calls are not served, as health says. */
  readonly notServing: Set<string>;
  /** What Prometheus reads. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

const PRINCIPAL = {
  key: create(KeySchema, { keyId: "key_1" }),
  account: create(AccountSchema, { accountId: "acct_1" }),
  plan: create(PlanSchema, {}),
};

/** How fronts are started for a test. */
export interface TestFrontsOptions extends Partial<FrontsOptions> {
  /** Default is a stand-in that knows one key. */
  readonly authenticate?: Authenticate;
  /** Default is none. */
  readonly anonymousUse?: AnonymousUse;
  /** What of the policy is no stand-in. */
  readonly policy?: Partial<Policy>;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  /** Default is none. */
  readonly accessLog?: AccessLog;
  /** Default is none. */
  readonly originsOfKeys?: FrontServerDeps["originsOfKeys"];
  /** With it there is a port for TLS; default is none. */
  readonly certificate?: FrontServerDeps["certificate"];
}

const knowsOneKey: Authenticate = (credential) => {
  if (credential === TEST_KEY) return PRINCIPAL;
  const reason = credential === undefined ? "KEY_MISSING" : "KEY_INVALID";
  throw new AppError(reason, { message: "no valid key" });
};

/** Starts the real fronts on a real port over the real operations; only the policy is a stand-in. */
export async function startTestFronts(
  answer: Answer = () => undefined,
  chosen: TestFrontsOptions = {},
): Promise<TestFronts> {
  const {
    authenticate: known = knowsOneKey,
    anonymousUse,
    policy: own = {},
    clock = SYSTEM_CLOCK,
    accessLog,
    certificate,
    originsOfKeys,
    ...options
  } = chosen;
  const invocations: Invocation[] = [];
  const logged: Record<string, unknown>[] = [];
  const credentials: (string | undefined)[] = [];
  const notServing = new Set<string>();
  const operations = publicOperations(SERVICES);
  const streams = publicStreams(SERVICES);
  const log = createLog({
    service: "test",
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const authenticate = createExchangeAuthentication({
    authenticate(credential, memo) {
      credentials.push(credential);
      return known(credential, memo);
    },
    anonymousUse,
  });
  const policy: Policy = {
    refuseEarly: () => undefined,
    stream() {
      throw new Error("the stand-in has no streams");
    },
    run(operation, principal, request, asker) {
      const { name, method } = operation;
      const { call } = asker;
      const { clientAddress } = call;
      const invocation = { operation: name, request, call, clientAddress, principal };
      invocations.push(invocation);
      const headers = { ratelimit: '"key";r=9;t=1' };
      // The stand-in meters nothing, whatever the contract says.
      const free = operation as FreeOperation;
      Promise.resolve(invocation)
        .then(answer)
        .then((response) => toBinary(method.output, response ?? create(method.output)))
        .then((bytes) => asker.answer(freeOutcome(free, bytes, headers)))
        .catch((error) => asker.fail(error));
    },
    ...own,
  };
  const metrics = createMetrics("test");
  const telemetry = createTelemetry({ metrics, clock, log, accessLog });
  const isServing = (service: string) => !notServing.has(service);
  const { port, httpsPort, close } = await startFronts(
    {
      ...{ operations, streams, authenticate, policy, isServing, telemetry, clock },
      ...{ certificate, originsOfKeys },
    },
    { host: "127.0.0.1", port: 0, httpsPort: 0, trustedProxies: [], ...options },
  );
  const url = `http://127.0.0.1:${port}`;
  return {
    port,
    httpsPort,
    url,
    invocations,
    credentials,
    logged,
    notServing,
    metrics: () => metrics.registry.metrics(),
    close,
  };
}
