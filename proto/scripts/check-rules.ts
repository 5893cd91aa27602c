/** Fails where a contract breaks a rule of docs/contracts.md that buf does not know; prints a line for each. */
import process from "node:process";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "../descriptors.ts";
import { brokenRules } from "./contract-rules/broken-rules.ts";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
const problems = brokenRules(registry);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
