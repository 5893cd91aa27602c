import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Starts one of the scripts beside this one and resolves with its first line of output. */
export async function startScript(
  name: string,
  argument: string,
): Promise<{ child: ChildProcess; firstLine: string }> {
  const child = spawn(process.execPath, [script(name), argument], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const firstLine of createInterface({ input: child.stdout }))
    return { child, firstLine };
  throw new Error(`${name} ended without a word`);
}
