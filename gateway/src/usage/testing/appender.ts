import { writeSync } from "node:fs";
import process from "node:process";
import { AppError } from "@geomesh/runtime/errors";
import { spoolOf, usage } from "./spool.ts";

/*
 * A process that appends usage to the spool of a directory until it is killed: groups of 1 to 40 records, each with the
 * number of its sequence. It writes to stdout, as lines, the last sequence of each group that it answered.
 */
const [dir = "", fsync = ""] = process.argv.slice(2);
const spool = await spoolOf(dir, { fsync: fsync === "fsync", segmentBytes: 16 * 1024 });
let [sequence, answered, state] = [0, 0, 1];

function appendGroup(): void {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const size = 1 + (state % 40);
  for (let i = 0; i < size; i++) append(sequence + 1, i === size - 1);
  setImmediate(appendGroup);
}

function append(number: number, isLast: boolean): void {
  const withhold = (error: AppError) => {
    throw error;
  };
  const release = () => {
    answered += 1;
    if (isLast) writeSync(1, `${answered}\n`);
  };
  try {
    sequence = spool.append(usage(number), { release, withhold });
  } catch (error) {
    // A segment is being made.
    if (!(error instanceof AppError && error.reason === "USAGE_SPOOL_FULL")) throw error;
  }
}

appendGroup();
