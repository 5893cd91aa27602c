import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";

/** Merges sources, each in the order of revisions, into one in that order. Holds one change of each source. */
export async function* mergeByRevision(
  sources: readonly AsyncIterator<Change>[],
): AsyncGenerator<Change> {
  const heads: { change: Change; source: AsyncIterator<Change> }[] = [];
  for (const source of sources) {
    const next = await source.next();
    if (!next.done) heads.push({ change: next.value, source });
  }
  while (heads.length > 0) {
    heads.sort((a, b) => (a.change.revision < b.change.revision ? -1 : 1));
    const [first] = heads;
    if (first === undefined) return;
    yield first.change;
    const next = await first.source.next();
    if (next.done) heads.shift();
    else first.change = next.value;
  }
}
