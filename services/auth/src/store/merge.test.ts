import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeByRevision } from "./merge.ts";

async function* changesOf(revisions: readonly bigint[]): AsyncGenerator<Change> {
  for (const revision of revisions) yield { revision, record: undefined };
}

test("changes spread over any sources come out once each, in the order of revisions", async () => {
  const spread = fc.uniqueArray(fc.tuple(fc.bigInt({ min: 1n }), fc.nat({ max: 2 })), {
    selector: ([revision]) => revision,
  });
  await fc.assert(
    fc.asyncProperty(spread, async (changes) => {
      const ordered = changes.toSorted(([a], [b]) => (a < b ? -1 : 1));
      const sources = [0, 1, 2].map((source) =>
        changesOf(ordered.filter(([, of]) => of === source).map(([revision]) => revision)),
      );
      const merged = await Array.fromAsync(mergeByRevision(sources));
      expect(merged.map((it) => it.revision)).toEqual(ordered.map(([revision]) => revision));
    }),
  );
});
