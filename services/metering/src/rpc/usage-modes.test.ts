import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { QueryUsageRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { Dimension } from "@geomesh/proto/grpc/geomesh/metering/v1/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { block, TEST_TIME, usage } from "../testing/usage.ts";

const { KEY, MODE } = Dimension;
const { KEY_MODE_UNSPECIFIED, LIVE, TEST } = KeyMode;

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(TEST_TIME);
  await ledger.setQuota("acct_a", 100n);
  await ledger.count(
    block(1n, [
      usage({ units: 3, mode: LIVE }),
      usage({ units: 0, mode: TEST, keyId: "key_t" }),
      usage({ units: 2, mode: KEY_MODE_UNSPECIFIED }),
      usage({ units: 0, mode: TEST, keyId: "key_t", status: 403 }),
      usage({ units: 0, mode: TEST }),
    ]),
  );
});

afterAll(() => ledger.close());

const question = (groupBy: Dimension[]) =>
  QueryUsageRequest.fromPartial({ accountId: "acct_a", groupBy });

test("usage is told apart by mode, and a record without a mode is one of a live key", async () => {
  const { rows, totals } = await ledger.queryUsage(question([MODE]));
  expect(rows).toMatchObject([
    { mode: LIVE, requests: 2n, units: 5n, keyId: undefined },
    { mode: TEST, requests: 3n, units: 0n, keyId: undefined },
  ]);
  expect(totals).toEqual({ requests: 5n, units: 5n, overageUnits: 0n });
});

test("rows of all modes have the same totals as rows that name none", async () => {
  const whole = await ledger.queryUsage(question([]));
  expect(whole.rows).toMatchObject([{ mode: undefined, requests: 5n, units: 5n }]);
  expect((await ledger.queryUsage(question([MODE]))).totals).toEqual(whole.totals);
});

test("a mode is told apart within a key, also over all accounts and page by page", async () => {
  const asked = { ...question([KEY, MODE]), pageSize: 1 };
  const rows = [];
  for (let pageToken = "", pages = 0; pages < 4; pages++) {
    const page = await ledger.queryInstallationUsage({ ...asked, pageToken });
    rows.push(...page.rows.map(({ keyId, mode, requests }) => [keyId, mode, requests]));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(rows).toEqual([
    ["key_a", LIVE, 2n],
    ["key_a", TEST, 1n],
    ["key_t", TEST, 2n],
  ]);
});
