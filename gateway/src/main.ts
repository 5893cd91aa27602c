import process from "node:process";
import { runProcess } from "@geomesh/runtime/lifecycle";
import { readConfig } from "./config.ts";
import { start } from "./service.ts";

await runProcess(process, { name: "gateway", readConfig, start });
