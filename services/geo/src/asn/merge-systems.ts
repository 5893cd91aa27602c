import { Address } from "../address/address.ts";
import type { System, Systems } from "../layers/layer.ts";
import { NO_VALUE, type Segments } from "../ranges/range-table.ts";
import { SegmentList } from "../ranges/segment-list.ts";
import { decidingSource } from "./statements.ts";
import { SystemCursor } from "./system-cursor.ts";
import { SystemRanges } from "./system-ranges.ts";

/** A few milliseconds of work. */
const SEGMENTS_AT_ONCE_MAX = 4_096;

/**
 * What sources, in order of priority, say together of all addresses. In each family those count that have a record in it; for
 * each address `decidingSource` decides. The name is that of the first source which says the number that was decided, and has a name
 * for it. Pauses after a few milliseconds of work. Errors: those of `Systems.segments`.
 */
export function* mergeSystems(sources: readonly Systems[]): Generator<void, SystemRanges> {
  const list = new SystemList();
  const ipv4 = yield* mergeFamily(sources, "ipv4", list);
  const ipv6 = yield* mergeFamily(sources, "ipv6", list);
  return new SystemRanges({ ipv4, ipv6 }, (record) => list.systems[record] ?? {});
}

function* mergeFamily(
  sources: readonly Systems[],
  family: "ipv4" | "ipv6",
  list: SystemList,
): Generator<void, Segments> {
  const isIpv4 = family === "ipv4";
  const cursors: SystemCursor[] = [];
  for (const { read, segments } of sources) {
    const found = yield* segments(family);
    if (found.values.length > 1) cursors.push(new SystemCursor(found, isIpv4, read));
  }
  const statements = cursors.map(({ statement }) => statement);
  const merged = new SegmentList(isIpv4);
  const start = new Address();
  start.isIpv4 = isIpv4;
  let last = NO_VALUE;
  merged.push(start, last);
  for (let count = 1; ; count++) {
    if (count % SEGMENTS_AT_ONCE_MAX === 0) yield;
    const value = decide(cursors, statements, list);
    if (value !== last) merged.push(start, value);
    last = value;
    if (!advance(cursors, statements, start)) return merged.finish();
  }
}

/** What the sources say here, as an index into the list. */
function decide(
  cursors: readonly SystemCursor[],
  statements: readonly number[],
  list: SystemList,
): number {
  const deciding = decidingSource(statements);
  if (deciding < 0) return NO_VALUE;
  for (let i = deciding; i < cursors.length; i++) {
    const cursor = cursors[i] as SystemCursor;
    const isNamed = cursor.system.autonomousSystemOrganization !== undefined;
    if (isNamed && statements[i] === statements[deciding]) return cursor.index(list.add);
  }
  return (cursors[deciding] as SystemCursor).index(list.add);
}

/** Moves to where the next segment of any source starts, and takes down what is said there; false if there is none. */
function advance(cursors: readonly SystemCursor[], statements: number[], start: Address): boolean {
  let nearest: SystemCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.isLast) continue;
    if (nearest === undefined || cursor.next.compare(nearest.next) < 0) nearest = cursor;
  }
  if (nearest === undefined) return false;
  start.copyFrom(nearest.next);
  for (let i = 0; i < cursors.length; i++) {
    const cursor = cursors[i] as SystemCursor;
    if (cursor.isLast || cursor.next.compare(start) !== 0) continue;
    cursor.advance();
    statements[i] = cursor.statement;
  }
  return true;
}

/** Systems, each once. */
class SystemList {
  readonly systems: System[] = [];
  readonly #indexes: Map<string, number> = new Map();

  /** The index of a system, which is added if it is new. */
  readonly add = (system: System): number => {
    const { autonomousSystemNumber, autonomousSystemOrganization, domain } = system;
    const key = `${autonomousSystemNumber}\n${domain ?? ""}\n${autonomousSystemOrganization ?? ""}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.systems.length);
    return this.systems.push(system) - 1;
  };
}
