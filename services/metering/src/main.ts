import { runProcess } from "@geomesh/runtime/lifecycle";
import { readConfig } from "./config.ts";
import { start } from "./service.ts";

await runProcess(process, { name: "metering", readConfig, start });
