import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { createLog } from "@geomesh/runtime/log";
import { createFail } from "../../http/fail.ts";
import type { Call } from "../../operations/call.ts";
import { publicOperations, SERVICES } from "../../operations/catalog.ts";
import type { FreeOperation } from "../../operations/operation.ts";
import { freeOutcome } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import { createExchangeAuthentication } from "../authentication.ts";
import { createConnectFront } from "../connect/connect-front.ts";
import { createFlagFront } from "../files/flag-front.ts";
import { type FrontServerOptions, startFrontServer } from "../front-server.ts";
import { createRestFront } from "../rest/rest-front.ts";

export const TEST_KEY = "gm_test_key";

/** One call that reached an operation. */
export interface Invocation {
  readonly operation: string;
  readonly request: Message;
  readonly call: Call;
}

/** What the operations answer; undefined for an empty response. */
export type Answer = (invocation: Invocation) => Message | undefined | Promise<Message | undefined>;

export interface TestFronts {
  readonly port: number;
  readonly url: string;
  readonly invocations: Invocation[];
  /** The lines of its log, parsed. */
  readonly logged: Record<string, unknown>[];
  readonly problems: string[];
  close(): Promise<void>;
}

const PRINCIPAL = {
  key: create(KeySchema, { keyId: "key_1" }),
  account: create(AccountSchema, { accountId: "acct_1" }),
  plan: create(PlanSchema, {}),
};

/** Starts the real fronts on a real port over the real operations; only the policy is a stand-in, which knows one key. */
export async function startTestFronts(
  answer: Answer = () => undefined,
  options: Partial<FrontServerOptions> = {},
): Promise<TestFronts> {
  const invocations: Invocation[] = [];
  const logged: Record<string, unknown>[] = [];
  const problems: string[] = [];
  const operations = publicOperations(SERVICES);
  const log = createLog({
    service: "test",
    destination: { write: (line) => void logged.push(JSON.parse(line)) },
  });
  const authenticate = createExchangeAuthentication((credential) => {
    if (credential === TEST_KEY) return PRINCIPAL;
    const reason = credential === undefined ? "KEY_MISSING" : "KEY_INVALID";
    throw new AppError(reason, { message: "no valid key" });
  });
  const policy: Policy = {
    refuseEarly: () => undefined,
    run(operation, _principal, request, asker) {
      const { name, method } = operation;
      const invocation = { operation: name, request, call: asker.call };
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
  };
  const fail = createFail(log);
  const fronts = [
    createRestFront({ operations, authenticate, policy, fail }),
    createConnectFront({
      ...{ operations, authenticate, policy, log },
      descriptors: descriptorSetBytes(),
      problems: () => problems,
    }),
    createFlagFront({ fail }),
  ];
  const { port, close } = await startFrontServer(
    { fronts, fail, clock: SYSTEM_CLOCK },
    { host: "127.0.0.1", port: 0, trustedProxies: [], ...options },
  );
  return { port, url: `http://127.0.0.1:${port}`, invocations, logged, problems, close };
}
