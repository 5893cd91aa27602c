import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { SYSTEM_CLOCK } from "../clock.ts";
import { createLog } from "../log.ts";
import { startDatabaseWatch } from "./database-watch.ts";

const WENT = "the database does not answer";
const RETURNED = "the database answers again";
const DEADLINE = { deadlineMs: 20_000 };

async function watchBehindProxy() {
  const proxy = await startCuttableProxy(await (await startTestPostgres()).createDatabase());
  onTestFinished(() => proxy.close());
  const logged: string[] = [];
  const write = (line: string) => void logged.push(JSON.parse(line).msg);
  const log = createLog({ service: "test", destination: { write } });
  const changes: boolean[] = [];
  let clockReadings = 0;
  const clock = {
    ...SYSTEM_CLOCK,
    monotonicMs() {
      clockReadings += 1;
      return SYSTEM_CLOCK.monotonicMs();
    },
  };
  const watch = startDatabaseWatch(
    { clock, log, onChange: (answers) => void changes.push(answers) },
    { url: proxy.url },
  );
  onTestFinished(() => watch.close());
  return {
    ...{ proxy, watch, logged, changes },
    /** Resolves at the next answer that the watch hears: it reads its clock then, and at no other time. */
    async nextAnswer() {
      const before = clockReadings;
      await eventually(() => clockReadings > before, DEADLINE);
    },
  };
}

test.each(["cut", "freeze"] as const)(
  "a database that is unavailable (%s) is told once, and once when it is back",
  async (how) => {
    const { proxy, watch, logged, changes } = await watchBehindProxy();
    expect([watch.answers, watch.problems()]).toEqual([true, []]);
    proxy[how]();
    await eventually(() => !watch.answers, DEADLINE);
    expect(watch.problems()).toEqual([{ reason: "database_unavailable", message: WENT }]);
    proxy.mend();
    await eventually(() => watch.answers, DEADLINE);
    expect([changes, logged, watch.problems()]).toEqual([[false, true], [WENT, RETURNED], []]);
  },
  60_000,
);

test("a database that answers each question late is not taken for a broken one", async () => {
  const { proxy, watch, changes, logged, nextAnswer } = await watchBehindProxy();
  for (let pauses = 0; pauses < 4; pauses++) {
    proxy.freeze();
    const frozenAt = performance.now();
    await eventually(() => performance.now() - frozenAt > 1_500);
    proxy.mend();
    await nextAnswer();
  }
  expect([watch.answers, changes, logged]).toEqual([true, [], []]);
}, 30_000);

test("an answer to anybody counts at once", async () => {
  const { proxy, watch, changes } = await watchBehindProxy();
  proxy.cut();
  await eventually(() => !watch.answers, DEADLINE);
  watch.heard();
  expect([watch.answers, changes]).toEqual([true, [false, true]]);
}, 30_000);
