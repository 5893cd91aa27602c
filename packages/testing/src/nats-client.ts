import { connectOptions, readCredential } from "@geomesh/runtime/events/connect-options";
import { connect, Events, type NatsConnection } from "nats";

/** A plain client, past the event bus, as the user that the URL names. Close it. Errors: NatsError. */
export async function connectNats(
  url: string,
  name = "test",
  caFile?: string,
): Promise<NatsConnection> {
  return connect(await connectOptions({ url, name, caFile }, await readCredential({ url })));
}

/** The subjects that the server refuses to a connection from now on, each time anew. */
export function refusedSubjects(connection: NatsConnection): readonly string[] {
  const refused: string[] = [];
  void (async () => {
    for await (const { type, permissionContext } of connection.status()) {
      if (type === Events.Error) refused.push(permissionContext?.subject ?? "");
    }
  })();
  return refused;
}
