import { ErrorCode, Events, type NatsConnection, type Status } from "nats";

/** Calls back, as long as the connection lives, with a sentence for each subject that NATS does not permit. Never rejects. */
export async function hearViolations(
  nats: NatsConnection,
  hear: (sentence: string) => void,
): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type === Events.Error && status.data === ErrorCode.PermissionsViolation) {
      hear(sentenceOf(status));
    }
  }
}

function sentenceOf({ permissionContext }: Status): string {
  const { operation, subject = "a subject" } = permissionContext ?? {};
  const verb = operation === "subscription" ? "subscribe to" : "publish to";
  return `NATS does not permit this process to ${verb} ${subject}`;
}
