import { runProcess } from "@geomesh/runtime/lifecycle";
import { isCommand, runCommand } from "./cli/cli.ts";
import { readConfig } from "./config.ts";
import { start } from "./service.ts";

const argv = process.argv.slice(2);
if (isCommand(argv)) {
  process.exitCode = await runCommand(argv, {
    env: process.env,
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  });
} else await runProcess(process, { name: "auth", readConfig, start });
