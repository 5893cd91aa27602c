import { expect, test } from "vitest";
import { Evidence } from "./evidence.ts";
import { dirForTest, SILENT } from "./testing/spool.ts";

const EPOCH = { gatewayId: "gw_a", epoch: 1n };

test("lost records count once, however often and in whatever order they are met", () => {
  const evidence = new Evidence({ dir: dirForTest(), log: SILENT });
  const told = [
    [101, 200, 100],
    // Metering was restored to an earlier state: what it lacks was deleted here.
    [41, 60, 120],
    [41, 60, 120],
    [30, 70, 141],
    [71, 210, 181],
    [30, 210, 181],
    [1, 1, 182],
  ] as const;
  for (const [first, last, lost] of told) {
    evidence.lose(EPOCH, first, last);
    expect([first, last, evidence.lostRecords]).toEqual([first, last, lost]);
  }
  evidence.lose({ ...EPOCH, epoch: 2n }, 30, 210);
  expect(evidence.lostRecords).toBe(182 + 181);
});
