import process from "node:process";
import { type Env, readSettings, setting } from "@geomesh/runtime/config";
import { AppError } from "@geomesh/runtime/errors";
import { runProcess } from "@geomesh/runtime/lifecycle";

// A process for the tests of `runProcess`; FAULT says what goes wrong in it.
const faults = ["none", "start", "bug", "hang", "crash", "reject"] as const;

const readConfig = (env: Env) =>
  readSettings(env, {
    fault: setting.choice("FAULT", "none", faults),
    port: setting.port("PORT", 1),
    token: setting.secretText("TOKEN", "hush"),
  });

async function start({ fault }: ReturnType<typeof readConfig>) {
  if (fault === "start") throw new AppError("CANNOT_LISTEN", { message: "cannot listen on 1:1" });
  if (fault === "bug") throw new Error("surprise");
  if (fault === "crash") setImmediate(() => failLater());
  if (fault === "reject") setImmediate(() => void Promise.reject(new Error("rejected later")));
  const alive = setInterval(() => {}, 1_000);
  return {
    async close() {
      if (fault === "hang") return new Promise<void>(() => {});
      clearInterval(alive);
      process.stdout.write("closed\n");
    },
  };
}

function failLater(): never {
  throw new Error("crashed later");
}

const stopTimeoutMs = Number(process.env.STOP_TIMEOUT_MS ?? 60_000);
await runProcess(process, { name: "example", readConfig, start, stopTimeoutMs });
