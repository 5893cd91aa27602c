/** The streams that hold events, by what they hold. Rights in NATS are given by these names. */
export const STREAM_NAMES = { facts: "AUTH", usage: "USAGE", datasets: "GEO" } as const;

/** The name under which metering reads the usage stream. */
export const USAGE_READER_NAME = "metering";

/** What the inboxes of a user of NATS begin with. Answers are sent there, and no other user may listen. */
export function natsInbox(user: string): string {
  return `_INBOX_${user}`;
}
