/** Says why the mesh cannot start, in one clear sentence for the person at the terminal that names the remedy. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
}

/** The system's code of an error, such as EACCES. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
