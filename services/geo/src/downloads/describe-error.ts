const CAUSES_MAX = 5;
/** Of a URL: publishers' messages must not bring credentials into the log. */
const USER_INFO = /\/\/[^/\s@]*@/g;

/**
 * What went wrong in one line: the message of an error and those of its causes, such as
 * `fetch failed: connect ECONNREFUSED 127.0.0.1:80`, without the credentials of URLs.
 */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  let current: unknown = error;
  for (let i = 0; i < CAUSES_MAX && current instanceof Error; i++) {
    const message = messageOf(current);
    if (message !== "" && !messages.includes(message)) messages.push(message);
    current = current.cause;
  }
  const text = messages.length === 0 ? String(error) : messages.join(": ");
  return text.replace(USER_INFO, "//").replace(/\s+/g, " ");
}

/** Of several tries to connect, Node's error has no message but its errors have. */
function messageOf(error: Error): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] };
  if (error.message !== "") return error.message;
  const first = errors?.[0];
  if (first instanceof Error && first.message !== "") return first.message;
  return typeof code === "string" ? code : error.name;
}
