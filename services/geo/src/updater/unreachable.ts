const CAUSES_MAX = 5;

/** What connections fail with where there is no way to the other side. */
const CODES: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** True for an error, or a cause of one, that says that the other side cannot be reached. */
export function isUnreachable(error: unknown): boolean {
  let current: unknown = error;
  for (let i = 0; i < CAUSES_MAX && current instanceof Error; i++) {
    const { code, errors } = current as { code?: unknown; errors?: readonly { code?: unknown }[] };
    if (CODES.has(code) || errors?.some((each) => CODES.has(each.code))) return true;
    current = current.cause;
  }
  return false;
}
