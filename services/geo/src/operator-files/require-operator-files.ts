import { stat } from "node:fs/promises";
import { AppError } from "@geomesh/runtime/errors";
import type { GeoConfig } from "../config.ts";

/**
 * Checks that the overrides and the lists that are configured exist: a start without them would answer other things than
 * the operator wrote. Errors: SETTING_INVALID.
 */
export async function requireOperatorFiles({
  overridesFile,
  securityDir,
}: Pick<GeoConfig, "overridesFile" | "securityDir">): Promise<void> {
  if (overridesFile !== "" && !(await statOf(overridesFile))?.isFile()) {
    throw invalid(`GEO_OVERRIDES_FILE names ${overridesFile}, which is not a file`);
  }
  if (securityDir !== "" && !(await statOf(securityDir))?.isDirectory()) {
    throw invalid(`GEO_SECURITY_DIR names ${securityDir}, which is not a directory`);
  }
}

function statOf(path: string) {
  return stat(path).catch(() => undefined);
}

function invalid(message: string): AppError {
  return new AppError("SETTING_INVALID", { message });
}
