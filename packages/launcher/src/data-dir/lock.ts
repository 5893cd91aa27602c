import { AppError } from "@geomesh/runtime/errors";
import { type DirectoryLock, lockDirectory } from "@geomesh/runtime/files/directory-lock";
import { codeOf, LaunchError } from "../launch-error.ts";

/** Takes the data directory for this launcher alone. Errors: LaunchError with the way out. */
export async function lockDataDir(path: string): Promise<DirectoryLock> {
  const inUse = `Another mesh runs in DATA_DIR ${path}: stop it, or set DATA_DIR to another directory.`;
  try {
    return await lockDirectory(path, inUse);
  } catch (error) {
    if (error instanceof AppError) throw new LaunchError(error.publicMessage);
    throw new LaunchError(`DATA_DIR ${path} cannot be locked (${codeOf(error)}).`);
  }
}
