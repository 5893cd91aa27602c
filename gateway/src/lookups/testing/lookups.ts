import { create } from "@bufbuild/protobuf";
import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import { DEFAULT_SELECTION } from "@geomesh/terms/selection";
import { onTestFinished } from "vitest";
import type { Principal } from "../../keys/key-table.ts";
import { type Admission, createAdmissions, type Room } from "../../operations/admission.ts";
import type { Body } from "../../operations/outcome.ts";
import { TestAsker } from "../../operations/testing/asker.ts";
import { meteredOperation } from "../../operations/testing/operations.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { QuotaStandIn } from "../../operations/testing/reservations.ts";
import { createRateLimiter } from "../../rate/rate-limiter.ts";
import type { Spool, Usage } from "../../usage/spool.ts";
import { spoolStandIn } from "../../usage/testing/durable.ts";
import { SILENT } from "../../usage/testing/spool.ts";
import type { FrameAnswers } from "../frame-answers.ts";
import type { OpenStream } from "../frame-stream.ts";
import type { LookupResponse, Question } from "../lookup.ts";
import { type LookupsOptions, startLookups } from "../lookups.ts";

const RATE_ENTRIES_MAX = 100_000;

/** A response that keeps the results as they came, in the order of the addresses. */
export class Results implements LookupResponse {
  readonly problem = undefined;
  readonly isUnchanged = false;
  readonly headers = {};
  readonly #results: string[] = [];

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#results[offset + i] = answers.resultJsonOf(at + i, DEFAULT_SELECTION);
    }
  }

  body(): Body {
    return { form: "json", json: `[${this.#results.join(",")}]` };
  }
}

/** The addresses of an answer that `Results` made, each where it was located or failed. */
export function addressesOf(body: Body): (string | undefined)[] {
  if (body.form !== "json") throw new Error("the answer is not JSON");
  const results: { location?: Located; error?: Located }[] = JSON.parse(`${body.json}`);
  return results.map(({ location, error }) => (location ?? error)?.ip_address);
}

interface Located {
  readonly ip_address: string;
}

/** Admits any number of requests for addresses. */
export function admissionsOver(room: Room, clock: Clock = SYSTEM_CLOCK) {
  const quota = new QuotaStandIn();
  const limiter = createRateLimiter({ clock }, { entriesMax: RATE_ENTRIES_MAX });
  const { admit } = createAdmissions({ limiter, quota, room });
  const operation = meteredOperation("BatchGetLocations");
  return {
    quota,
    /** Errors: those of `Admit`. */
    admission(principal: Principal, ipAddresses: readonly string[]): Admission {
      const fields: Record<string, unknown> = { ipAddresses };
      return admit(operation, principal, create(operation.method.input, fields)) as Admission;
    },
  };
}

/** Lookups over a geo, which end with the test, and a way to ask them as an admitted request does. */
export function lookupsForTest(
  deps: { open: OpenStream; clock?: Clock; spool?: Pick<Spool, "append">; log?: Log },
  options: Partial<LookupsOptions> = {},
) {
  const { clock = SYSTEM_CLOCK, log = SILENT } = deps;
  const usage: Usage[] = [];
  const { spool = spoolStandIn(usage) } = deps;
  const lookups = startLookups(
    { open: deps.open, spool, clock, log },
    { streams: 1, timeoutMs: 2_000, ...options },
  );
  onTestFinished(() => lookups.close());
  const { room } = lookups;
  const { quota, admission } = admissionsOver(room, clock);

  /** Asks for addresses, after the admission. Errors: those of `Admit`. */
  function ask(ipAddresses: readonly string[], asked: Asking = {}): TestAsker {
    const { principal = principalForTest(), language = "", asker = new TestAsker("json") } = asked;
    const question: Question = { ipAddresses, language, withNames: false };
    lookups.start(admission(principal, ipAddresses), asker, question, new Results());
    return asker;
  }

  /** The addresses of the answers. Rejects with the error of the request. */
  async function locate(ipAddresses: readonly string[], asked: Asking = {}) {
    const { body } = await ask(ipAddresses, asked).outcome;
    return addressesOf(body);
  }
  return { lookups, room, quota, usage, admission, ask, locate };
}

/** Who asks, and in which language. */
export interface Asking {
  readonly principal?: Principal;
  readonly language?: string;
  readonly asker?: TestAsker;
}

/** So many different addresses. */
export function addresses(count: number, net = 10): string[] {
  return Array.from({ length: count }, (_, i) => `${net}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}
