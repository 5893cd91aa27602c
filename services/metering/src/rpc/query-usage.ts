import { AppError } from "@geomesh/runtime/errors";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

/** Answers the usage of an account. */
export function queryUsage(_: MeteringDeps): MeteringHandlers["queryUsage"] {
  return () => {
    throw new AppError("UNIMPLEMENTED");
  };
}
