import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

interface Process {
  readonly parent: number;
  /** Its own, all threads, user and system. */
  readonly ticks: number;
  /** Of children that ended and that it waited for. */
  readonly endedTicks: number;
}

/** Seconds of CPU by name. */
export type CpuSeconds = Readonly<Record<string, number>>;

/**
 * CPU-seconds that each named process has used until now, together with all its descendants: workers of a gateway,
 * PostgreSQL's backends. From /proc/<pid>/stat (proc(5), fields 4 and 14 to 17), in steps of 10 ms.
 */
export function cpuOf(pids: Readonly<Record<string, number>>): CpuSeconds {
  const all = readProcesses();
  const children = Map.groupBy(all.keys(), (pid) => all.get(pid)?.parent);
  const ticksOf = (pid: number): number => {
    const { ticks = 0, endedTicks = 0 } = all.get(pid) ?? {};
    const below = children.get(pid) ?? [];
    return below.reduce((sum, child) => sum + ticksOf(child), ticks + endedTicks);
  };
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, ticksOf(pid) / TICKS_PER_SECOND]),
  );
}

function readProcesses(): Map<number, Process> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid) => {
      const found = readProcess(pid);
      return found === undefined ? [] : [[Number(pid), found]];
    }),
  );
}

/** Undefined where it has ended meanwhile. */
function readProcess(pid: string): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return {
      parent: field(4),
      ticks: field(14) + field(15),
      endedTicks: field(16) + field(17),
    };
  } catch {
    return undefined;
  }
}
