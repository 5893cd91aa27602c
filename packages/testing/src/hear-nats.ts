import type { Msg } from "nats";
import { onTestFinished } from "vitest";
import { connectNats } from "./nats-client.ts";

/** A message as it went over NATS. */
export type HeardMessage = Pick<Msg, "subject" | "data" | "headers">;

/** Everything on these subjects from now on, past the event bus, until the test is over. */
export async function hearNats(
  url: string,
  subject: string,
  caFile?: string,
): Promise<HeardMessage[]> {
  const connection = await connectNats(url, "test", caFile);
  onTestFinished(() => connection.close());
  const messages: HeardMessage[] = [];
  connection.subscribe(subject, { callback: (_, message) => void messages.push(message) });
  await connection.flush();
  return messages;
}
