import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { expect, test } from "vitest";
import { dirForTest, readRecords, spoolForTest, usage } from "./testing/spool.ts";

/** Lets a process append until it has answered so many records, and kills it. Returns how many it had answered. */
async function answeredBeforeKill(dir: string, fsync: string, enough: number): Promise<number> {
  const script = new URL("testing/appender.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dir, fsync], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const lastSaid = () => Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (lastSaid() >= enough) child.kill("SIGKILL");
  });
  await once(child, "close");
  return lastSaid();
}

test.each(["fsync", "no fsync"])(
  "after kill -9 every record that was answered is there, at its place, and nothing is damaged (%s)",
  async (fsync) => {
    const dir = dirForTest();
    const answered: number[] = [];
    for (const enough of [1, 200, 3_000, 900]) {
      answered.push(await answeredBeforeKill(dir, fsync, enough));
    }
    const spool = await spoolForTest(dir);
    expect(spool.recoveredEpochs).toHaveLength(answered.length);
    for (const [i, { dir: epochDir, lastSequence }] of spool.recoveredEpochs.entries()) {
      expect(lastSequence).toBeGreaterThanOrEqual(answered[i] ?? 0);
      const expected = Array.from({ length: lastSequence }, (_, at) => usage(at + 1));
      expect(readRecords(epochDir, lastSequence)).toEqual(expected);
    }
    expect(spool.evidence).toMatchObject({ lostRecords: 0, damagedBytes: 0 });
  },
  60_000,
);
