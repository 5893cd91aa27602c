import { create } from "@bufbuild/protobuf";
import { RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { periodOf } from "@geomesh/terms/period";
import { KeyTable, type Principal } from "../src/keys/key-table.ts";
import { accountRecord, change, keyRecord, planRecord } from "../src/keys/testing/records.ts";
import type { FrameAnswers } from "../src/lookups/frame-answers.ts";
import type { Lookups } from "../src/lookups/lookups.ts";
import { meteredOutcome } from "../src/operations/outcome.ts";
import type { Policy } from "../src/operations/policy.ts";
import { Lease } from "../src/quota/lease.ts";
import type { Quota } from "../src/quota/quota.ts";
import { UnleasedReservation } from "../src/quota/reservation.ts";
import type { Spool } from "../src/usage/spool.ts";
import { NEVER_STORED } from "../src/usage/testing/durable.ts";

const QUOTA_UNITS = 1_000_000_000n;
const REQUESTS_PER_SECOND = 1_000_000;
/** As long as the JSON of most locations. */
const JSON_CHARS = 1_100;
const JSON_TEXT = JSON.stringify({ filler: "x".repeat(JSON_CHARS) });

/** A table with one key, on a plan that allows a million requests a second. */
export function tableOf(secret: string): { table: KeyTable; principal: Principal } {
  const requests = REQUESTS_PER_SECOND;
  const keyRate = create(RateSchema, { requests, per: { seconds: 1n }, burst: requests });
  const table = new KeyTable();
  const records = [
    planRecord({ keyRate, monthlyQuota: QUOTA_UNITS }),
    accountRecord(),
    keyRecord(secret, { scopes: ["locations:read"] }),
  ];
  for (const [at, record] of records.entries()) table.apply(change(at + 1, record));
  const principal = table.find(apiKeyHash(secret));
  if (principal === undefined) throw new Error("the key is not in the table");
  return { table, principal };
}

/** A policy that allows everything and answers at once. */
export function constantPolicy(): Policy {
  return {
    refuseEarly: () => undefined,
    stream: () => {
      throw new Error("it has no streams");
    },
    run: (_operation, _principal, _request, asker) =>
      asker.answer(meteredOutcome(NEVER_STORED, { form: "json", json: JSON_TEXT }, {})),
  };
}

/** A quota that is never used up, without leases. */
export function endlessQuota(clock: Clock): Pick<Quota, "reserve" | "reserveNothing"> {
  const lease = new Lease(1n, periodOf(clock.wallMs()));
  const reserve = () => new UnleasedReservation(lease, QUOTA_UNITS, clock.wallMs());
  return { reserve, reserveNothing: reserve };
}

/** A spool that forgets everything and calls it durable at the end of the turn. */
export function forgetfulSpool(): Pick<Spool, "append"> {
  let sequence = 0;
  return {
    append(_usage, waiting) {
      queueMicrotask(() => waiting.release(NEVER_STORED));
      sequence += 1;
      return sequence;
    },
  };
}

/** Lookups that get the same answer at once, and record it. */
export function constantLookups(
  spool: Pick<Spool, "append">,
  clock: Clock,
): Pick<Lookups, "room" | "start"> {
  return {
    room: { problem: () => undefined, enter: () => undefined, leave: () => undefined },
    start(admission, asker, _question, response) {
      if (!admission.isPaid) throw new Error("a quota that is never used up leaves nothing unpaid");
      response.take(CONSTANT_ANSWERS, 0, 0, 1);
      admission.record(spool, 200, 1, {
        release(durable) {
          const headers = admission.headers(clock.wallMs());
          asker.answer(meteredOutcome(durable, response.body(), headers));
        },
        withhold: (error) => asker.fail(error),
      });
    },
  };
}

const CONSTANT_ANSWERS: FrameAnswers = {
  frameId: 1,
  count: 1,
  unitsOf: () => 1,
  problemOf: () => undefined,
  locationJsonOf: () => JSON_TEXT,
  resultJsonOf: () => JSON_TEXT,
  resultBytesOf: () => Buffer.alloc(0),
  stateOf: () => "state",
};
