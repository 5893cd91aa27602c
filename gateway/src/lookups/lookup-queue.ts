import type { Lookup } from "./lookup.ts";

/** Addresses that an account may put into frames before it is the next one's turn. */
const QUANTUM_ADDRESSES = 64;

/** Takes `count` addresses of a lookup into a frame, from `offset` on. */
export type PutInFrame = (lookup: Lookup, offset: number, count: number) => void;

/** How many addresses may be put into frames now. */
export interface FrameRoom {
  /** By batches. */
  readonly batches: number;
  /** By all. */
  readonly all: number;
}

/** What waits for one account: its batches, or its single lookups. A link of the ring of those whose turn comes. */
interface Lane {
  readonly name: string;
  readonly isBatches: boolean;
  readonly waiting: Lookup[];
  /** Addresses that are left of its turn. */
  left: number;
}

/**
 * Lookups that wait for a frame, in one lane per account, and one more for its batches, so that nobody waits behind them.
 * The lanes are served in turn, so many addresses each (deficit round robin: an address is the smallest piece, so nothing
 * but the rest of a turn is carried over).
 */
export class LookupQueue {
  readonly #lanes = new Map<string, Lane>();
  /** Of all lanes, the one whose turn it is first. */
  #ring: Lane[] = [];

  /** True where nothing waits. */
  get isEmpty(): boolean {
    return this.#ring.length === 0;
  }

  /** Adds a lookup at the end of its lane. */
  add(lookup: Lookup): void {
    const isBatches = lookup.question.ipAddresses.length > 1;
    const { accountId } = lookup.principal.account;
    const name = isBatches ? `${accountId} batches` : accountId;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { name, isBatches, waiting: [], left: QUANTUM_ADDRESSES };
      this.#lanes.set(name, lane);
      this.#ring.push(lane);
    }
    lane.waiting.push(lookup);
  }

  /** Puts waiting addresses into frames, as many as there is room for. Answers what room is left. */
  drain(room: FrameRoom, put: PutInFrame): FrameRoom {
    let { all, batches } = room;
    const full: Lane[] = [];
    let at = 0;
    // What is served moves to the end of the ring, behind `at` nothing is left.
    for (; at < this.#ring.length && all > 0; at += 1) {
      const lane = this.#ring[at] as Lane;
      const most = Math.min(lane.left, all, lane.isBatches ? batches : all);
      if (most <= 0) {
        full.push(lane);
        continue;
      }
      const taken = takeFrom(lane, most, put);
      all -= taken;
      if (lane.isBatches) batches -= taken;
      lane.left -= taken;
      if (lane.waiting.length === 0) this.#lanes.delete(lane.name);
      else if (lane.left > 0) full.push(lane);
      else {
        lane.left = QUANTUM_ADDRESSES;
        this.#ring.push(lane);
      }
    }
    if (at > 0) this.#ring = [...full, ...this.#ring.slice(at)];
    return { all, batches };
  }

  /** Removes the lookups whose deadline has passed. */
  takeExpired(monotonicMs: number): Lookup[] {
    const expired: Lookup[] = [];
    for (const lane of this.#ring) {
      const { waiting } = lane;
      let kept = 0;
      for (const lookup of waiting) {
        if (lookup.deadlineMs <= monotonicMs) expired.push(lookup);
        else {
          waiting[kept] = lookup;
          kept += 1;
        }
      }
      waiting.length = kept;
      if (kept === 0) this.#lanes.delete(lane.name);
    }
    if (expired.length > 0) this.#ring = this.#ring.filter(({ waiting }) => waiting.length > 0);
    return expired;
  }

  /** Removes all that waits. */
  takeAll(): Lookup[] {
    return this.takeExpired(Number.POSITIVE_INFINITY);
  }
}

/** Puts up to `most` addresses of a lane into frames. Lookups that ended meanwhile are dropped. */
function takeFrom(lane: Lane, most: number, put: PutInFrame): number {
  let taken = 0;
  let done = 0;
  const { waiting } = lane;
  while (taken < most && done < waiting.length) {
    const lookup = waiting[done] as Lookup;
    const rest = lookup.isOver ? 0 : lookup.question.ipAddresses.length - lookup.sent;
    const count = Math.min(rest, most - taken);
    if (count > 0) put(lookup, lookup.sent, count);
    lookup.sent += count;
    taken += count;
    if (count === rest) done += 1;
  }
  waiting.splice(0, done);
  return taken;
}
