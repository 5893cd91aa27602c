import { statSync } from "node:fs";
import path from "node:path";
import { getuid } from "node:process";
import { AppError } from "../errors.ts";

/** Linux keeps 108 bytes for the path of a socket, with the zero at its end. */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * Makes sure that nobody but this user can listen or connect at the path of a Unix socket: its directory is this user's own and
 * has mode 0700. Errors: SETTING_INVALID, with a sentence.
 */
export function requirePrivateSocket(socketPath: string): void {
  if (!path.isAbsolute(socketPath)) throw problem(`${socketPath} must be an absolute path`);
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX) {
    throw problem(`${socketPath} is longer than the ${SOCKET_PATH_BYTES_MAX} bytes of a socket`);
  }
  const directory = path.dirname(socketPath);
  const found = statSync(directory, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw problem(`${directory} must be a directory, for a socket`);
  if (found.uid !== getuid?.())
    throw problem(`${directory} must belong to this user: it has a socket`);
  if ((found.mode & 0o077) !== 0)
    throw problem(`${directory} must have mode 0700: it has a socket`);
}

function problem(message: string): AppError {
  return new AppError("SETTING_INVALID", { message });
}
