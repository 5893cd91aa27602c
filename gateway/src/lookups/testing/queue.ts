import { createTestClock } from "@geomesh/testing/test-clock";
import { TestAsker } from "../../operations/testing/asker.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { RoomStandIn } from "../../operations/testing/room.ts";
import { spoolStandIn } from "../../usage/testing/durable.ts";
import { SILENT } from "../../usage/testing/spool.ts";
import { Lookup } from "../lookup.ts";
import { type FrameRoom, LookupQueue } from "../lookup-queue.ts";
import { addresses, admissionsOver, Results } from "./lookups.ts";

/** Addresses that were put into frames together. */
export interface Put {
  readonly lookup: Lookup;
  readonly account: string;
  readonly isBatch: boolean;
  readonly offset: number;
  readonly count: number;
}

/** A queue, and lookups of any account to put into it. */
export function queueForTest() {
  const queue = new LookupQueue();
  const clock = createTestClock();
  const { admission } = admissionsOver(new RoomStandIn(), clock);
  const deps = { spool: spoolStandIn([]), clock, log: SILENT };
  return {
    queue,
    /** Adds a lookup of an account for so many addresses. */
    add(accountId: string, count: number, deadlineMs = Number.POSITIVE_INFINITY): Lookup {
      const question = { ipAddresses: addresses(count), language: "", withNames: false };
      const principal = principalForTest({ accountId });
      const request = {
        ...{ admitted: admission(principal, question.ipAddresses), deadlineMs },
        asker: new TestAsker("json"),
      };
      const lookup = new Lookup(deps, request, question, new Results());
      queue.add(lookup);
      return lookup;
    },
    /** What the queue puts into frames where there is so much room. */
    drain(room: FrameRoom): Put[] {
      const puts: Put[] = [];
      queue.drain(room, (lookup, offset, count) => {
        const { account } = lookup.principal;
        const isBatch = lookup.question.ipAddresses.length > 1;
        puts.push({ lookup, account: account.accountId, isBatch, offset, count });
      });
      return puts;
    },
  };
}

/** Addresses of all puts. */
export const sumOf = (puts: readonly Put[]) => puts.reduce((sum, { count }) => sum + count, 0);
