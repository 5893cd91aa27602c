/** Why the mesh cannot be started: one clear sentence for the person at the terminal, with the way out. */
export class LaunchError extends Error {}

/** The system's short name of what went wrong, such as EACCES. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
