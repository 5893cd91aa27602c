import { AppError } from "@geomesh/runtime/errors";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";

/** Answers the usage of all accounts. */
export function queryInstallationUsage(
  _: MeteringDeps,
): MeteringHandlers["queryInstallationUsage"] {
  return () => {
    throw new AppError("UNIMPLEMENTED");
  };
}
