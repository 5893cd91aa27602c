import process from "node:process";
import { fileURLToPath } from "node:url";
import { runSteps } from "./run-steps.ts";
import { steps } from "./steps.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const passed = runSteps(steps(root), root, (text) => console.log(text));
process.exitCode = passed ? 0 : 1;
