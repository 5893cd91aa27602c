import process from "node:process";
import { runProcess } from "@geomesh/runtime/lifecycle";
import { roleOf } from "./role.ts";

await runProcess(process, roleOf(process));
